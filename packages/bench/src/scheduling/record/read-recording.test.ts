import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Node, Pod } from '@kubelab/api';
import { afterAll, describe, expect, it } from 'vitest';
import { readRecording } from './read-recording.js';
import type { RecordedEvent } from './recording.js';
import { stripNode, stripPod } from './strip-object.js';

const directory = mkdtempSync(join(tmpdir(), 'bench-recording-'));
afterAll(() => rmSync(directory, { recursive: true }));

function write(lines: readonly unknown[]): string {
  const path = join(directory, 'recording.jsonl');
  writeFileSync(path, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
  return path;
}

const HEAD = { kubelabRecording: 1, startedAt: '2026-01-01T00:00:00Z' };
const node: Node = {
  metadata: { name: 'a', uid: 'u', labels: { 'kubernetes.io/hostname': 'a', zone: 'z' } },
  spec: {
    podCIDR: '10.0.0.0/24',
    taints: [
      { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' },
      { key: 'gpu', effect: 'NoSchedule' },
    ],
  },
  status: { allocatable: { cpu: '4' }, capacity: { cpu: '4' }, conditions: [] },
};
const pod: Pod = {
  metadata: { name: 'p', namespace: 'n', uid: 'u', labels: { app: 'x' } },
  spec: {
    nodeName: 'a',
    priority: 10,
    priorityClassName: 'high',
    serviceAccountName: 'mine',
    nodeSelector: { 'kubernetes.io/hostname': 'a' },
    affinity: {
      podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone', namespaces: ['n'] }] },
    },
    volumes: [{ name: 'kube-api-access-x1' }, { name: 'data', emptyDir: {} }],
    containers: [
      {
        name: 'c',
        image: 'i',
        volumeMounts: [
          { name: 'kube-api-access-x1', mountPath: '/t' },
          { name: 'data', mountPath: '/d' },
        ],
      },
    ],
  },
  status: { phase: 'Running' },
};
const EVENTS: RecordedEvent[] = [
  { atMs: 0, event: 'added', kind: 'Node', name: 'a', object: stripNode(node) },
  { atMs: 5, event: 'added', kind: 'Pod', namespace: 'n', name: 'p', object: stripPod(pod) },
  { atMs: 6, event: 'bound', kind: 'Pod', namespace: 'n', name: 'p', node: 'a' },
  { atMs: 9, event: 'deleted', kind: 'Pod', namespace: 'n', name: 'p' },
  { atMs: 20, event: 'added', kind: 'Pod', namespace: 'n', name: 'p', object: stripPod(pod) },
];

describe('readRecording', () => {
  const replay = readRecording(write([HEAD, ...EVENTS]));

  it('renames nodes, and leaves out what the cluster said of them', () => {
    expect(replay.nodes).toEqual([
      {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'replay-a', labels: { 'kubernetes.io/hostname': 'replay-a', zone: 'z' } },
        spec: { taints: [{ key: 'gpu', effect: 'NoSchedule' }] },
        status: { allocatable: { cpu: '4' }, capacity: { cpu: '4' } },
      },
    ]);
  });

  it('takes a pod that came again under its name for another', () => {
    expect(replay.pods).toMatchObject([
      { namespace: 'replay-n', createdAtMs: 5, deletedAtMs: 9 },
      { namespace: 'replay-n', createdAtMs: 20 },
    ]);
    expect(replay.pods[1]).not.toHaveProperty('deletedAtMs');
  });

  it('makes pods mean the renamed nodes and namespaces, and undoes admission', () => {
    expect(JSON.parse(JSON.stringify(replay.pods[0]?.template.spec))).toEqual({
      priorityClassName: 'high',
      nodeSelector: { 'kubernetes.io/hostname': 'replay-a' },
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone', namespaces: ['replay-n'] }],
        },
      },
      volumes: [{ name: 'data', emptyDir: {} }],
      containers: [{ name: 'c', image: 'i', volumeMounts: [{ name: 'data', mountPath: '/d' }] }],
    });
  });

  it('refuses what is no recording, with its line', () => {
    expect(() => readRecording(write([{}]))).toThrow('recording.jsonl:1: is not a recording');
    expect(() => readRecording(write([HEAD, '{']))).toThrow('recording.jsonl:2: is not JSON');
  });
});

import { type Node, type Pod, type PodSpec, type Taint, type Toleration, tolerates } from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import { describe, expect, it } from 'vitest';
import { SchedulerCache } from '../cache.js';
import { Decider, type Decision, feasibleNodesToFind } from '../decide.js';
import type { Plugin } from '../framework.js';
import type { NodeInfo } from '../node-info.js';
import { createPodInfo } from '../pod-info.js';
import { defaultPlugins } from '../registry.js';
import { imageLocality, normalizeImageName } from './image-locality.js';
import { nodeAffinity } from './node-affinity.js';
import { nodeResourcesBalancedAllocation } from './node-resources-balanced-allocation.js';
import { nodeResourcesFit } from './node-resources-fit.js';
import { taintToleration } from './taint-toleration.js';

const identity = (name: string) => ({
  name,
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
});

function nodeOf(
  name: string,
  over: Partial<Pick<Node, 'spec' | 'status'>> & { labels?: Record<string, string> } = {},
): Cached<Node> {
  const { labels, ...rest } = over;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { ...identity(name), ...(labels ? { labels } : {}) },
    status: { allocatable: { cpu: '4', memory: '8Gi', pods: '3' } },
    ...rest,
  };
}

function podOf(name: string, spec: Partial<PodSpec> = {}): Cached<Pod> {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...identity(name), namespace: 'ns' },
    spec: { schedulerName: 'default-scheduler', containers: [{ name: 'c', image: 'i' }], ...spec },
  };
}

const requesting = (cpu: string, memory = '0'): Partial<PodSpec> => ({
  containers: [{ name: 'c', image: 'i', resources: { requests: { cpu, memory } } }],
});

function decide(pod: Cached<Pod>, nodes: Cached<Node>[], placed: Cached<Pod>[] = []): Decision {
  const cache = new SchedulerCache();
  for (const node of nodes) cache.setNode(node);
  for (const other of placed) cache.setPod(other);
  const profile = { schedulerName: 'default-scheduler', plugins: defaultPlugins(cache) };
  return new Decider({ nodes: () => cache.nodes, random: () => 0.5 }).decide(profile, createPodInfo(pod));
}

const taint = (effect: string): Partial<Node> => ({ spec: { taints: [{ key: 'k', value: 'v', effect }] } });

describe('a decision', () => {
  it.each<[string, Partial<PodSpec>, Cached<Node>[], Cached<Pod>[], string]>([
    ['fits', {}, [nodeOf('a')], [], 'a'],
    ['no nodes', {}, [], [], 'no nodes available to schedule pods'],
    [
      'cordoned',
      {},
      [nodeOf('a', { spec: { unschedulable: true } })],
      [],
      '0/1 nodes are available: 1 node(s) were unschedulable.',
    ],
    [
      'cordoned but tolerated',
      { tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }] },
      [nodeOf('a', { spec: { unschedulable: true } })],
      [],
      'a',
    ],
    ['named node', { nodeName: 'b' }, [nodeOf('a'), nodeOf('b')], [], 'b'],
    [
      'tainted',
      {},
      [nodeOf('a', taint('NoSchedule'))],
      [],
      '0/1 nodes are available: 1 node(s) had untolerated taint {k: v}.',
    ],
    ['not kept off by PreferNoSchedule', {}, [nodeOf('a', taint('PreferNoSchedule'))], [], 'a'],
    ['but another is preferred', {}, [nodeOf('a', taint('PreferNoSchedule')), nodeOf('b')], [], 'b'],
    [
      'node selector',
      { nodeSelector: { disk: 'ssd' } },
      [nodeOf('a'), nodeOf('b', { labels: { disk: 'ssd' } })],
      [],
      'b',
    ],
    [
      'node selector that none has',
      { nodeSelector: { disk: 'ssd' } },
      [nodeOf('a')],
      [],
      "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
    ],
    ['too much cpu', requesting('5'), [nodeOf('a')], [], '0/1 nodes are available: 1 Insufficient cpu.'],
    [
      'cpu and memory in one count each, sorted',
      requesting('5', '9Gi'),
      [nodeOf('a'), nodeOf('b')],
      [],
      '0/2 nodes are available: 2 Insufficient cpu, 2 Insufficient memory.',
    ],
    [
      'what others took',
      requesting('3'),
      [nodeOf('a'), nodeOf('b')],
      [podOf('x', { ...requesting('2'), nodeName: 'a' })],
      'b',
    ],
    [
      'too many pods',
      {},
      [nodeOf('a')],
      ['x', 'y', 'z'].map((name) => podOf(name, { nodeName: 'a' })),
      '0/1 nodes are available: 1 Too many pods.',
    ],
    [
      'host port taken',
      { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80 }] }] },
      [nodeOf('a')],
      [podOf('x', { nodeName: 'a', containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80 }] }] })],
      "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
    ],
    [
      'same host port, other protocol',
      { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80, protocol: 'UDP' }] }] },
      [nodeOf('a')],
      [podOf('x', { nodeName: 'a', containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80 }] }] })],
      'a',
    ],
    ['the emptier node', {}, [nodeOf('a'), nodeOf('b')], [podOf('x', { nodeName: 'a' })], 'b'],
    [
      'several reasons',
      requesting('5'),
      [nodeOf('a', taint('NoExecute')), nodeOf('b'), nodeOf('c', { spec: { unschedulable: true } })],
      [],
      '0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {k: v}, 1 node(s) were unschedulable.',
    ],
  ])('%s', (_, spec, nodes, placed, expected) => {
    const decision = decide(podOf('p', spec), nodes, placed);
    expect(decision.node ?? decision.message).toBe(expected);
  });

  it('names the plugins that may change their mind', () => {
    const decision = decide(podOf('p', requesting('5')), [nodeOf('a'), nodeOf('b', taint('NoSchedule'))]);
    expect(decision.node === undefined && [...decision.rejectedBy]).toEqual(['NodeResourcesFit', 'TaintToleration']);
  });

  it('spreads ties over all nodes', () => {
    const cache = new SchedulerCache();
    for (const name of ['a', 'b', 'c']) cache.setNode(nodeOf(name));
    const decider = new Decider({ nodes: () => cache.nodes });
    const profile = { schedulerName: 'default-scheduler', plugins: defaultPlugins(cache) };
    const chosen = new Set(Array.from({ length: 100 }, () => decider.decide(profile, createPodInfo(podOf('p'))).node));
    expect(chosen).toEqual(new Set(['a', 'b', 'c']));
  });

  it.each([
    [50, 0, 50],
    [500, 0, 230],
    [5_000, 0, 500],
    [10_000, 0, 500],
    [1_000, 30, 300],
    [200, 10, 100],
  ])('of %i nodes at %i %% looks for %i', (nodes, percentage, expected) => {
    expect(feasibleNodesToFind(nodes, percentage)).toBe(expected);
  });
});

describe('tolerates', () => {
  const t: Taint = { key: 'k', value: 'v', effect: 'NoSchedule' };
  it.each<[Toleration, boolean]>([
    [{ key: 'k', operator: 'Equal', value: 'v', effect: 'NoSchedule' }, true],
    [{ key: 'k', value: 'v' }, true],
    [{ key: 'k', value: 'w' }, false],
    [{ key: 'k', operator: 'Exists' }, true],
    [{ key: 'k', operator: 'Exists', effect: 'NoExecute' }, false],
    [{ operator: 'Exists' }, true],
    [{ key: '', value: 'v' }, false],
    [{ key: 'other', operator: 'Exists' }, false],
  ])('%j: %s', (toleration, expected) => expect(tolerates(toleration, t)).toBe(expected));
});

function infoOf(node: Cached<Node>, ...placed: Cached<Pod>[]): NodeInfo {
  const cache = new SchedulerCache();
  cache.setNode(node);
  for (const pod of placed) cache.setPod(pod);
  return cache.nodes[0] as NodeInfo;
}

const scoreOf = (plugin: Plugin, pod: Cached<Pod>, node: NodeInfo) =>
  plugin.score?.(new Map(), createPodInfo(pod), node);

describe('scores', () => {
  it('NodeResourcesFit: the free share of cpu and memory, on average', () => {
    const node = infoOf(nodeOf('a'), podOf('x', { ...requesting('1', '2Gi'), nodeName: 'a' }));
    // cpu (4-1-1)/4 = 50, memory (8-2-2)/8 = 50.
    expect(scoreOf(nodeResourcesFit, podOf('p', requesting('1', '2Gi')), node)).toBe(50);
    expect(scoreOf(nodeResourcesFit, podOf('p', requesting('4', '8Gi')), node)).toBe(0);
  });

  it('NodeResourcesBalancedAllocation: less, the further cpu and memory are apart', () => {
    const node = infoOf(nodeOf('a'));
    expect(scoreOf(nodeResourcesBalancedAllocation, podOf('p', requesting('2', '4Gi')), node)).toBe(100);
    expect(scoreOf(nodeResourcesBalancedAllocation, podOf('p', requesting('4', '0')), node)).toBe(50);
  });

  it('ImageLocality: grows with the size and the share of nodes', () => {
    const cache = new SchedulerCache();
    const images = (sizeBytes: number) => ({ status: { images: [{ names: ['i:latest'], sizeBytes }] } });
    cache.setNode(nodeOf('a', images(1_000 * 1024 * 1024)));
    const [first] = cache.nodes;
    expect(first && scoreOf(imageLocality(cache), podOf('p'), first)).toBe(100);
    cache.setNode(nodeOf('b'));
    expect(first && scoreOf(imageLocality(cache), podOf('p'), first)).toBe(48);
    cache.removeNode('b');
    cache.setNode(nodeOf('a', images(1024)));
    expect(first && scoreOf(imageLocality(cache), podOf('p'), first)).toBe(0);
  });

  it.each([
    ['nginx', 'nginx:latest'],
    ['nginx:1', 'nginx:1'],
    ['host:5000/nginx', 'host:5000/nginx:latest'],
    ['host:5000/nginx@sha256:0', 'host:5000/nginx@sha256:0'],
  ])('image %s is %s', (name, expected) => expect(normalizeImageName(name)).toBe(expected));

  it('NodeAffinity: the weights of the terms that match', () => {
    const preferred = (weight: number, value: string) => ({
      weight,
      preference: { matchExpressions: [{ key: 'zone', operator: 'In', values: [value] }] },
    });
    const affinity = {
      nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [preferred(5, 'z1'), preferred(2, 'z2')] },
    };
    const scores = ['z1', 'z2', 'z3'].map(
      (zone) => scoreOf(nodeAffinity, podOf('p', { affinity }), infoOf(nodeOf('a', { labels: { zone } }))) ?? -1,
    );
    expect(scores).toEqual([5, 2, 0]);
    nodeAffinity.normalize?.(scores);
    expect(scores).toEqual([100, 40, 0]);
  });

  it('TaintToleration: the fewer untolerated, the better', () => {
    const scores = [0, 1, 2];
    taintToleration.normalize?.(scores);
    expect(scores).toEqual([100, 50, 0]);
    const none = [0, 0];
    taintToleration.normalize?.(none);
    expect(none).toEqual([100, 100]);
  });
});

describe('required node affinity', () => {
  it.each([
    ['In', ['a', 'b'], 'a', true],
    ['In', ['b'], 'a', false],
    ['In', ['b'], undefined, false],
    ['NotIn', ['b'], 'a', true],
    ['NotIn', ['b'], undefined, true],
    ['Exists', undefined, 'a', true],
    ['Exists', undefined, undefined, false],
    ['DoesNotExist', undefined, undefined, true],
    ['Gt', ['5'], '6', true],
    ['Gt', ['5'], '5', false],
    ['Lt', ['5'], '4', true],
    ['Lt', ['5'], 'x', false],
  ])('%s %j on %s: %s', (operator, values, label, expected) => {
    const term = { matchExpressions: [{ key: 'k', operator, ...(values ? { values } : {}) }] };
    const affinity = {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } },
    };
    const node = nodeOf('a', label === undefined ? {} : { labels: { k: label } });
    expect(decide(podOf('p', { affinity }), [node]).node !== undefined).toBe(expected);
  });

  it('matches metadata.name by field, and nothing with an empty term', () => {
    const affinityOf = (term: object) => ({
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } } },
    });
    const byName = { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['b'] }] };
    expect(decide(podOf('p', affinityOf(byName)), [nodeOf('a'), nodeOf('b')]).node).toBe('b');
    expect(decide(podOf('p', affinityOf({})), [nodeOf('a')]).node).toBeUndefined();
  });
});

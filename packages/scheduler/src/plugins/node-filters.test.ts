import type { PodSpec, Toleration } from '@kubelab/api';
import { describe, expect, it } from 'vitest';
import { createPodInfo } from '../cluster/pod-info.js';
import { makeNode, makePod } from '../simulation/objects.js';
import { createSimulation } from '../simulation/simulation.js';
import { nodePorts } from './node-ports.js';
import { nodeUnschedulable } from './node-unschedulable.js';
import { schedulingGates } from './scheduling-gates.js';

type Node = ReturnType<typeof makeNode>;

/** `fits`, or the reasons. */
function verdict(spec: Partial<PodSpec>, node: Node, ...placed: Partial<PodSpec>[]): string {
  const simulation = createSimulation();
  simulation.addNode(node);
  for (const [index, each] of placed.entries())
    simulation.addPod(makePod(`x${index}`, { ...each, nodeName: node.metadata.name }));
  const { cycle } = simulation.decide(makePod('p', spec));
  const [rejection] = cycle.counts.keys();
  return rejection === undefined
    ? 'fits'
    : `${rejection.reasons.join(', ')}${rejection.unresolvable ? ' for good' : ''}`;
}

const tolerating = (toleration: Toleration): Partial<PodSpec> => ({ tolerations: [toleration] });
const tainted = (effect: string) => makeNode('a', { spec: { taints: [{ key: 'k', value: 'v', effect }] } });
const cordoned = makeNode('a', { spec: { unschedulable: true } });
const UNSCHEDULABLE = 'node(s) were unschedulable for good';
const UNTOLERATED = 'node(s) had untolerated taint(s) for good';
const TAKEN = "node(s) didn't have free ports for the requested pod ports";

describe('NodeUnschedulable', () => {
  it.each<[Partial<PodSpec>, Node, string]>([
    [{}, cordoned, UNSCHEDULABLE],
    [{}, makeNode('a'), 'fits'],
    [tolerating({ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }), cordoned, 'fits'],
    [
      tolerating({ key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoExecute' }),
      cordoned,
      UNSCHEDULABLE,
    ],
    [tolerating({ operator: 'Exists' }), cordoned, 'fits'],
  ])('%j', (spec, node, expected) => expect(verdict(spec, node)).toBe(expected));

  it('wakes a pod when a node is uncordoned, and not when one is cordoned', () => {
    const hint = nodeUnschedulable({ unschedulableNodes: 1 }).events?.[0]?.hint;
    const pod = createPodInfo(makePod('p'));
    expect(hint?.(pod, { resource: 'Node', action: 'UpdateNodeTaint', object: makeNode('a') })).toBe('queue');
    expect(hint?.(pod, { resource: 'Node', action: 'UpdateNodeTaint', object: cordoned })).toBe('skip');
  });
});

describe('NodeName', () => {
  it.each([
    ['a', 'fits'],
    ['b', "node(s) didn't match the requested node name for good"],
  ])('%s', (nodeName, expected) => expect(verdict({ nodeName }, makeNode('a'))).toBe(expected));
});

describe('TaintToleration', () => {
  it.each<[Partial<PodSpec>, string, string]>([
    [{}, 'NoSchedule', UNTOLERATED],
    [{}, 'NoExecute', UNTOLERATED],
    [{}, 'PreferNoSchedule', 'fits'],
    [tolerating({ key: 'k', operator: 'Equal', value: 'v', effect: 'NoSchedule' }), 'NoSchedule', 'fits'],
    [tolerating({ key: 'k', value: 'v' }), 'NoSchedule', 'fits'],
    [tolerating({ key: 'k', value: 'w' }), 'NoSchedule', UNTOLERATED],
    [tolerating({ key: 'k', operator: 'Exists', effect: 'NoExecute' }), 'NoSchedule', UNTOLERATED],
    [tolerating({ operator: 'Exists' }), 'NoExecute', 'fits'],
  ])('%j on %s', (spec, effect, expected) => expect(verdict(spec, tainted(effect))).toBe(expected));

  it('prefers nodes with fewer taints that are not tolerated', () => {
    const simulation = createSimulation();
    const prefer = (...keys: string[]) => ({
      spec: { taints: keys.map((key) => ({ key, effect: 'PreferNoSchedule' })) },
    });
    simulation.addNode(makeNode('a', prefer('x', 'y')));
    simulation.addNode(makeNode('b', prefer('x')));
    simulation.addNode(makeNode('c'));
    const scores = (pod: ReturnType<typeof makePod>) =>
      simulation.decide(pod).cycle.scores.find(({ plugin }) => plugin.name === 'TaintToleration');
    expect([...(scores(makePod('p'))?.normalized ?? [])]).toEqual([0, 50, 100]);
    expect([...(scores(makePod('p', tolerating({ key: 'x', operator: 'Exists' })))?.raw ?? [])]).toEqual([1, 0, 0]);
    // A toleration of another effect says nothing of these.
    const other = tolerating({ key: 'x', operator: 'Exists', effect: 'NoSchedule' });
    expect([...(scores(makePod('p', other))?.raw ?? [])]).toEqual([2, 1, 0]);
  });
});

describe('NodePorts', () => {
  const port = (hostPort: number, more: { protocol?: string; hostIP?: string } = {}): Partial<PodSpec> => ({
    containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort, ...more }] }],
  });
  const sidecar = (restartPolicy?: string): Partial<PodSpec> => ({
    containers: [{ name: 'c' }],
    initContainers: [
      { name: 'i', ...(restartPolicy ? { restartPolicy } : {}), ports: [{ containerPort: 80, hostPort: 80 }] },
    ],
  });
  it.each<[Partial<PodSpec>, Partial<PodSpec>, string]>([
    [port(80), port(80), TAKEN],
    [port(80), port(81), 'fits'],
    [port(80), port(80, { protocol: 'UDP' }), 'fits'],
    [port(80, { hostIP: '10.0.0.1' }), port(80, { hostIP: '10.0.0.2' }), 'fits'],
    [port(80, { hostIP: '10.0.0.1' }), port(80), TAKEN],
    [port(80), port(80, { hostIP: '10.0.0.1' }), TAKEN],
    [port(80), sidecar('Always'), TAKEN],
    [port(80), sidecar(), 'fits'],
    [{}, port(80), 'fits'],
  ])('%j beside %j', (wanted, used, expected) => expect(verdict(wanted, makeNode('a'), used)).toBe(expected));

  it('wakes a pod only when a port that it wants is freed', () => {
    const hint = nodePorts.events?.find(({ resource }) => resource === 'AssignedPod')?.hint;
    const pod = createPodInfo(makePod('p', port(80)));
    const freed = (spec: Partial<PodSpec>) =>
      hint?.(pod, { resource: 'AssignedPod', action: 'Delete', object: makePod('x', spec) });
    expect([freed(port(80)), freed(port(81)), freed({})]).toEqual(['queue', 'skip', 'skip']);
  });
});

describe('SchedulingGates', () => {
  it('keeps a pod out until the last gate is gone', () => {
    const gated = (...names: string[]) =>
      schedulingGates.preEnqueue?.(createPodInfo(makePod('p', { schedulingGates: names.map((name) => ({ name })) })));
    expect(gated('a', 'b')?.reasons).toEqual(['waiting for scheduling gates: [a b]']);
    expect(gated()).toBeUndefined();
  });
});

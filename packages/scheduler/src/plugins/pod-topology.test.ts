import type { KubernetesObject, PodAffinityTerm, PodSpec, TopologySpreadConstraint } from '@kubelab/api';
import { describe, expect, it } from 'vitest';
import { createPodInfo } from '../cluster/pod-info.js';
import type { ClusterEvent } from '../cluster-event.js';
import { HintIndex } from '../queue/hint-index.js';
import { makeNode, makePod } from '../simulation/objects.js';
import { createSimulation } from '../simulation/simulation.js';

const ZONE = 'topology.kubernetes.io/zone';
const HOST = 'kubernetes.io/hostname';
const zone = (name: string, value: string) => makeNode(name, { labels: { [ZONE]: value } });
const app = { matchLabels: { app: 'x' } };
const appPod = (name: string, spec: Partial<PodSpec> = {}) => makePod(name, spec, { labels: { app: 'x' } });

function spread(over: Partial<TopologySpreadConstraint> = {}): Partial<PodSpec> {
  const constraint = { maxSkew: 1, topologyKey: ZONE, whenUnsatisfiable: 'DoNotSchedule', labelSelector: app, ...over };
  return { topologySpreadConstraints: [constraint] };
}

function simulate(
  placed: Readonly<Record<string, number>>,
  nodes = [zone('a', 'z1'), zone('b', 'z1'), zone('c', 'z2')],
) {
  const simulation = createSimulation();
  for (const node of nodes) simulation.addNode(node);
  for (const [nodeName, count] of Object.entries(placed))
    for (let index = 0; index < count; index++) simulation.addPod(appPod(`${nodeName}${index}`, { nodeName }));
  return simulation;
}

const fitting = (
  placed: Readonly<Record<string, number>>,
  spec: Partial<PodSpec>,
  nodes?: Parameters<typeof simulate>[1],
) =>
  simulate(placed, nodes)
    .decide(appPod('p', spec))
    .cycle.feasible.map(({ name }) => name)
    .sort()
    .join();

describe('PodTopologySpread', () => {
  it.each<[string, Readonly<Record<string, number>>, Partial<PodSpec>, string]>([
    ['even', { a: 1, c: 1 }, spread(), 'a,b,c'],
    ['one zone behind', { a: 1 }, spread(), 'c'],
    ['a larger skew', { a: 1 }, spread({ maxSkew: 2 }), 'a,b,c'],
    ['by node', { a: 1, b: 1 }, spread({ topologyKey: HOST }), 'c'],
    ['too few domains: as if one were empty', { a: 1, c: 1 }, spread({ minDomains: 3 }), ''],
    ['enough domains', { a: 1, c: 1 }, spread({ minDomains: 2 }), 'a,b,c'],
    ['a label that no node has', {}, spread({ topologyKey: 'rack' }), ''],
    ['zones that the pod cannot go to do not count', { a: 1 }, { ...spread(), nodeSelector: { [ZONE]: 'z1' } }, 'a,b'],
    [
      'unless they are to',
      { a: 1 },
      { ...spread({ nodeAffinityPolicy: 'Ignore' }), nodeSelector: { [ZONE]: 'z1' } },
      '',
    ],
  ])('%s', (_, placed, spec, expected) => expect(fitting(placed, spec)).toBe(expected));

  it('leaves out nodes with taints only where it is told to', () => {
    const taints = [{ key: 't', effect: 'NoSchedule' }];
    const nodes = [zone('a', 'z1'), makeNode('c', { labels: { [ZONE]: 'z2' }, spec: { taints } })];
    expect(fitting({ a: 1 }, spread(), nodes)).toBe('');
    expect(fitting({ a: 1 }, spread({ nodeTaintsPolicy: 'Honor' }), nodes)).toBe('a');
  });

  it('counts only pods of the same revision by matchLabelKeys', () => {
    const simulation = simulate({ a: 1 });
    const labels = { app: 'x', version: '2' };
    const { cycle } = simulation.decide(makePod('p', spread({ matchLabelKeys: ['version'] }), { labels }));
    expect(cycle.feasible).toHaveLength(3);
  });

  it('does not count pods that are leaving', () => {
    const simulation = simulate({});
    simulation.addPod(
      makePod('x', { nodeName: 'a' }, { labels: { app: 'x' }, deletionTimestamp: '2026-01-01T00:00:00Z' }),
    );
    expect(simulation.decide(appPod('p', spread())).cycle.feasible).toHaveLength(3);
  });

  it('prefers what is emptier where it is a wish, and sees each pod that comes', () => {
    const simulation = simulate({ a: 2, c: 1 });
    const wish = spread({ whenUnsatisfiable: 'ScheduleAnyway' });
    expect(simulation.decide(appPod('p', wish)).node?.name).toBe('c');
    for (const name of ['d1', 'd2', 'd3']) simulation.addPod(appPod(name, { nodeName: 'c' }));
    expect(simulation.decide(appPod('p', wish)).node?.name).toBe('b');
  });

  it('spreads the pods of a Service or ReplicaSet by default, and no others', () => {
    const scoresOf = (objects: readonly KubernetesObject[], owner?: string) => {
      const simulation = createSimulation({ objects });
      for (const node of [zone('a', 'z1'), zone('c', 'z2')]) simulation.addNode(node);
      simulation.addPod(appPod('x', { nodeName: 'a' }));
      const references = owner
        ? [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: 'u', controller: true }]
        : [];
      const pod = makePod('p', {}, { labels: { app: 'x' }, ownerReferences: references });
      const found = simulation.decide(pod).cycle.scores.find(({ plugin }) => plugin.name === 'PodTopologySpread');
      return found && [...found.normalized];
    };
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's', namespace: 'default' },
      spec: { selector: { app: 'x' } },
    };
    const replicaSet = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: 'r', namespace: 'default' },
      spec: { selector: app },
    };
    expect(scoresOf([])).toBeUndefined();
    expect(scoresOf([service])).toEqual([57, 100].map((score) => expect.closeTo(score, -2)));
    expect(scoresOf([service])?.[1]).toBe(100);
    expect(scoresOf([replicaSet], 'r')?.[1]).toBe(100);
    expect(scoresOf([replicaSet])).toBeUndefined();
  });
});

const term = (over: Partial<PodAffinityTerm> = {}): PodAffinityTerm => ({
  topologyKey: ZONE,
  labelSelector: app,
  ...over,
});
const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const near = (...terms: PodAffinityTerm[]): Partial<PodSpec> => ({ affinity: { podAffinity: { [REQUIRED]: terms } } });
const far = (...terms: PodAffinityTerm[]): Partial<PodSpec> => ({
  affinity: { podAntiAffinity: { [REQUIRED]: terms } },
});

describe('InterPodAffinity', () => {
  it.each<[string, Readonly<Record<string, number>>, Partial<PodSpec>, string]>([
    ['near one', { a: 1 }, near(term()), 'a,b'],
    ['near one, by node', { a: 1 }, near(term({ topologyKey: HOST })), 'a'],
    ['the first of its kind may go anywhere', {}, near(term()), 'a,b,c'],
    ['near others that are not there', {}, near(term({ labelSelector: { matchLabels: { app: 'y' } } })), ''],
    ['near pods that match both terms', { a: 1 }, near(term(), term({ topologyKey: HOST })), 'a'],
    ['far from one', { a: 1 }, far(term()), 'c'],
    ['far from one, by node', { a: 1 }, far(term({ topologyKey: HOST })), 'b,c'],
    ['other namespaces do not matter', { a: 1 }, far(term({ namespaces: ['other'] })), 'a,b,c'],
    ['all namespaces', { a: 1 }, far(term({ namespaceSelector: {} })), 'c'],
    ['namespaces by label', { a: 1 }, far(term({ namespaceSelector: { matchLabels: { team: 'red' } } })), 'a,b,c'],
    ['the label that none has', { a: 1 }, near(term({ topologyKey: 'rack' })), ''],
    ['but not those of another version', { a: 1 }, far(term({ mismatchLabelKeys: ['app'] })), 'a,b,c'],
  ])('%s', (_, placed, spec, expected) => expect(fitting(placed, spec)).toBe(expected));

  it('asks running pods whether they bear it, in the namespaces that their labels name at the time', () => {
    const simulation = simulate({});
    const shy = far(term({ namespaceSelector: { matchLabels: { team: 'red' } } }));
    simulation.addPod(makePod('shy', { ...shy, nodeName: 'a' }));
    const message = () =>
      simulation
        .decide(appPod('p'))
        .cycle.feasible.map(({ name }) => name)
        .sort()
        .join();
    expect(message()).toBe('a,b,c');
    simulation.cache.setNamespace('default', { team: 'red' });
    expect(message()).toBe('c');
    simulation.cache.removePod('shy');
    expect(message()).toBe('a,b,c');
  });

  it('words its reasons as Kubernetes', async () => {
    const two = [zone('a', 'z1')];
    const outcome = (placed: ReturnType<typeof makePod> | undefined, spec: Partial<PodSpec>) => {
      const simulation = simulate({}, two);
      if (placed) simulation.addPod(placed);
      return simulation.decide(appPod('p', spec)).cycle.message;
    };
    const other = { labelSelector: { matchLabels: { app: 'y' } } };
    expect(outcome(undefined, near(term(other)))).toBe(
      "0/1 nodes are available: 1 node(s) didn't match pod affinity rules.",
    );
    expect(outcome(appPod('x', { nodeName: 'a' }), far(term()))).toBe(
      "0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules.",
    );
    expect(outcome(makePod('x', { ...far(term()), nodeName: 'a' }), {})).toBe(
      "0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules.",
    );
  });

  it('scores wishes of both sides, and what running pods require', () => {
    const simulation = simulate({});
    const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
    simulation.addPod(appPod('x', { nodeName: 'c' }));
    simulation.addPod(makePod('fond', { ...near(term()), nodeName: 'a' }));
    const wish = { affinity: { podAffinity: { [preferred]: [{ weight: 3, podAffinityTerm: term() }] } } };
    const { cycle } = simulation.decide(appPod('p', wish));
    const scores = cycle.scores.find(({ plugin }) => plugin.name === 'InterPodAffinity');
    const raw = Object.fromEntries(cycle.feasible.map(({ name }, index) => [name, scores?.raw[index]]));
    expect(raw).toEqual({ a: 1, b: 1, c: 3 });
  });
});

describe('hints', () => {
  const { profiles } = createSimulation();
  const hints = new HintIndex(profiles.values());
  const event = (action: ClusterEvent['action'], pod: ReturnType<typeof makePod>): ClusterEvent => ({
    resource: 'AssignedPod',
    action,
    object: pod,
  });
  const wakes = (spec: Partial<PodSpec>, plugin: string, happened: ClusterEvent) =>
    hints.interestedIn(happened).includes(plugin) && hints.helps(createPodInfo(appPod('p', spec)), plugin, happened);
  const unrelated = makePod('o', {}, { labels: { app: 'o' } });

  it.each<[string, Partial<PodSpec>, string, ClusterEvent, boolean]>([
    ['a pod that it wants near came', near(term()), 'InterPodAffinity', event('Add', appPod('x')), true],
    ['another came', near(term()), 'InterPodAffinity', event('Add', unrelated), false],
    ['a pod that it wants far went', far(term()), 'InterPodAffinity', event('Delete', appPod('x')), true],
    ['a pod that it wants far came', far(term()), 'InterPodAffinity', event('Add', appPod('x')), false],
    ['one that did not bear it went', {}, 'InterPodAffinity', event('Delete', makePod('s', far(term()))), true],
    ['a pod of its spread went', spread(), 'PodTopologySpread', event('Delete', appPod('x')), true],
    ['another went', spread(), 'PodTopologySpread', event('Delete', unrelated), false],
    ['any pod went', {}, 'NodeResourcesFit', event('Delete', unrelated), true],
    ['a pod came', {}, 'NodeResourcesFit', event('Add', unrelated), false],
    [
      'a node of the zones came',
      spread(),
      'PodTopologySpread',
      { resource: 'Node', action: 'Add', object: zone('n', 'z9') },
      true,
    ],
    [
      'a node without a zone came',
      spread(),
      'PodTopologySpread',
      { resource: 'Node', action: 'Add', object: makeNode('n') },
      false,
    ],
    [
      'a node grew',
      {},
      'TaintToleration',
      { resource: 'Node', action: 'UpdateNodeAllocatable', object: makeNode('n') },
      false,
    ],
  ])('%s', (_, spec, plugin, happened, expected) => expect(wakes(spec, plugin, happened)).toBe(expected));
});

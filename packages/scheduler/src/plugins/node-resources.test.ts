import type { PodSpec } from '@kubelab/api';
import { describe, expect, it } from 'vitest';
import { createPodInfo } from '../cluster/pod-info.js';
import { makeNode, makePod, requesting } from '../simulation/objects.js';
import { createSimulation } from '../simulation/simulation.js';

type Requests = Record<string, string>;

interface Case {
  readonly allocatable?: Requests;
  readonly placed?: readonly Partial<PodSpec>[];
  readonly configuration?: string;
}

function simulate({ allocatable = {}, placed = [], configuration }: Case) {
  const simulation = createSimulation(configuration === undefined ? {} : { configuration });
  simulation.addNode(makeNode('a', { allocatable }));
  for (const [index, spec] of placed.entries()) simulation.addPod(makePod(`x${index}`, { ...spec, nodeName: 'a' }));
  return simulation;
}

function verdict(spec: Partial<PodSpec>, given: Case): string {
  const [rejection] = simulate(given).decide(makePod('p', spec)).cycle.counts.keys();
  return rejection === undefined
    ? 'fits'
    : `${rejection.reasons.join(', ')}${rejection.unresolvable ? ' for good' : ''}`;
}

function scoreOf(plugin: string, spec: Partial<PodSpec>, given: Case): number | undefined {
  const simulation = simulate(given);
  // Two nodes, for with one there is nothing to score.
  simulation.addNode(makeNode('b'));
  return simulation.decide(makePod('p', spec)).cycle.scores.find((each) => each.plugin.name === plugin)?.raw[0];
}

const container = (name: string, requests: Requests) => ({ name, resources: { requests } });
const FIT = 'NodeResourcesFit';
const strategy = (text: string) => `
profiles:
- pluginConfig:
  - name: NodeResourcesFit
    args:
      scoringStrategy:
${text.replace(/^/gm, '        ')}`;

describe('NodeResourcesFit', () => {
  it.each<[string, Partial<PodSpec>, Case, string]>([
    ['just enough', requesting({ cpu: '4', memory: '8Gi' }), {}, 'fits'],
    ['more than the node has', requesting({ cpu: '5' }), {}, 'Insufficient cpu for good'],
    ['more than is left', requesting({ cpu: '3' }), { placed: [requesting({ cpu: '2' })] }, 'Insufficient cpu'],
    ['several', requesting({ cpu: '5', memory: '9Gi' }), {}, 'Insufficient cpu, Insufficient memory for good'],
    ['nothing, on a full node', {}, { placed: [requesting({ cpu: '4' })] }, 'fits'],
    ['one pod too many', {}, { allocatable: { pods: '1' }, placed: [{}] }, 'Too many pods'],
    ['ephemeral storage', requesting({ 'ephemeral-storage': '1Gi' }), {}, 'Insufficient ephemeral-storage for good'],
    [
      'an extended resource',
      requesting({ 'example.com/gpu': '1' }),
      { allocatable: { 'example.com/gpu': '1' } },
      'fits',
    ],
    [
      'one that is used up',
      requesting({ 'example.com/gpu': '1' }),
      { allocatable: { 'example.com/gpu': '1' }, placed: [requesting({ 'example.com/gpu': '1' })] },
      'Insufficient example.com/gpu',
    ],
    ['one of none', requesting({ 'example.com/gpu': '0' }), {}, 'fits'],
    [
      'an ignored group',
      requesting({ 'example.com/gpu': '1', 'other.com/x': '1' }),
      {
        configuration:
          'profiles: [{pluginConfig: [{name: NodeResourcesFit, args: {ignoredResourceGroups: [example.com]}}]}]',
      },
      'Insufficient other.com/x for good',
    ],
    [
      'an init container that asks for more than all others',
      { containers: [container('c', { cpu: '1' })], initContainers: [container('i', { cpu: '5' })] },
      {},
      'Insufficient cpu for good',
    ],
    [
      'an init container beside a sidecar',
      {
        containers: [container('c', { cpu: '1' })],
        initContainers: [{ ...container('s', { cpu: '2' }), restartPolicy: 'Always' }, container('i', { cpu: '3' })],
      },
      {},
      'Insufficient cpu for good',
    ],
    [
      'an init container before a sidecar',
      {
        containers: [container('c', { cpu: '1' })],
        initContainers: [container('i', { cpu: '3' }), { ...container('s', { cpu: '2' }), restartPolicy: 'Always' }],
      },
      {},
      'fits',
    ],
    ['overhead', { ...requesting({ cpu: '4' }), overhead: { cpu: '1m' } }, {}, 'Insufficient cpu for good'],
    [
      'resources of the whole pod',
      { ...requesting({ cpu: '1' }), resources: { requests: { cpu: '5' } } },
      {},
      'Insufficient cpu for good',
    ],
  ])('%s', (_, spec, given, expected) => expect(verdict(spec, given)).toBe(expected));

  it('counts a pod that is being resized by what it has and shall have, and by what it has where it cannot be', () => {
    const status = (more: object) => ({
      containerStatuses: [
        { name: 'c', image: '', imageID: '', ready: true, restartCount: 0, resources: { requests: { cpu: '1' } } },
      ],
      ...more,
    });
    const pod = (more: object) => createPodInfo(makePod('p', requesting({ cpu: '3' }), {}, status(more)));
    expect(pod({}).requests.milliCpu).toBe(3_000);
    const conditions = [{ type: 'PodResizePending', status: 'True', reason: 'Infeasible' }];
    expect(pod({ conditions }).requests.milliCpu).toBe(1_000);
  });

  it.each<[string, string, Partial<PodSpec>, Case, number]>([
    ['least', '', requesting({ cpu: '1', memory: '2Gi' }), { placed: [requesting({ cpu: '1', memory: '2Gi' })] }, 50],
    ['least, full', '', requesting({ cpu: '4', memory: '8Gi' }), {}, 0],
    ['least, of a pod that asks for nothing: 100m and 200Mi', '', {}, {}, 97],
    ['most', 'type: MostAllocated', requesting({ cpu: '1', memory: '4Gi' }), {}, 37],
    [
      'most, by weight',
      'type: MostAllocated\nresources: [{name: cpu, weight: 3}, {name: memory, weight: 1}]',
      requesting({ cpu: '1', memory: '4Gi' }),
      {},
      31,
    ],
    [
      'an extended resource that the pod does not ask for counts nothing',
      'type: MostAllocated\nresources: [{name: cpu, weight: 1}, {name: example.com/gpu, weight: 9}]',
      requesting({ cpu: '2' }),
      { allocatable: { 'example.com/gpu': '4' } },
      50,
    ],
    [
      'ratio: packing',
      'type: RequestedToCapacityRatio\nresources: [{name: cpu, weight: 1}]\n' +
        'requestedToCapacityRatio: {shape: [{utilization: 0, score: 0}, {utilization: 100, score: 10}]}',
      requesting({ cpu: '3' }),
      {},
      75,
    ],
    [
      'ratio: a bend',
      'type: RequestedToCapacityRatio\nresources: [{name: cpu, weight: 1}]\n' +
        'requestedToCapacityRatio: {shape: [{utilization: 0, score: 10}, {utilization: 50, score: 0}, {utilization: 100, score: 4}]}',
      requesting({ cpu: '3' }),
      {},
      20,
    ],
  ])('scores %s', (_, text, spec, given, expected) => {
    const configuration = text === '' ? {} : { configuration: strategy(text) };
    expect(scoreOf(FIT, spec, { ...given, ...configuration })).toBe(expected);
  });
});

describe('NodeResourcesBalancedAllocation', () => {
  const BALANCED = 'NodeResourcesBalancedAllocation';
  it.each<[Requests, number | undefined]>([
    [{ cpu: '2', memory: '4Gi' }, 100],
    [{ cpu: '4' }, 50],
    [{ cpu: '1', memory: '4Gi' }, 87],
    [{}, undefined],
  ])('%j', (requests, expected) => expect(scoreOf(BALANCED, requesting(requests), {})).toBe(expected));

  it('weighs any number of resources', () => {
    const configuration = `
profiles:
- pluginConfig:
  - name: NodeResourcesBalancedAllocation
    args: {resources: [{name: cpu}, {name: memory}, {name: example.com/gpu}]}`;
    const given = { configuration, allocatable: { 'example.com/gpu': '4' } };
    const spec = requesting({ cpu: '4', memory: '0', 'example.com/gpu': '2' });
    // Shares 1, 0 and 0.5: their standard deviation is 0.408.
    const simulation = simulate(given);
    simulation.addNode(makeNode('b', { allocatable: { 'example.com/gpu': '4' } }));
    const scores = simulation.decide(makePod('p', spec)).cycle.scores;
    expect(scores.find(({ plugin }) => plugin.name === BALANCED)?.raw[0]).toBe(59);
  });
});

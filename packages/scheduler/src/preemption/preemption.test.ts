import type { PodDisruptionBudget, PodSpec } from '@kubelab/api';
import { describe, expect, it } from 'vitest';
import { createPodInfo } from '../cluster/pod-info.js';
import type { PostFilterResult } from '../framework.js';
import type { PreemptionReasoning } from '../plugins/default-preemption.js';
import { makeNode, makePod, requesting } from '../simulation/objects.js';
import { createSimulation } from '../simulation/simulation.js';
import { type Candidate, cheapestCandidate } from './candidate.js';

type Pod = ReturnType<typeof makePod>;

const running = (
  name: string,
  node: string,
  priority: number,
  cpu: string,
  more: { start?: string; app?: string } = {},
) =>
  makePod(
    name,
    { ...requesting({ cpu }), nodeName: node, priority },
    { labels: { app: more.app ?? 'x' } },
    { startTime: more.start ?? '2026-01-01T00:00:00Z' },
  );

const budget = (app: string, disruptionsAllowed: number): PodDisruptionBudget => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: app, namespace: 'default' },
  spec: { selector: { matchLabels: { app } } },
  status: { disruptionsAllowed, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
});

async function preempt(
  pod: Pod,
  nodes: readonly string[],
  placed: readonly Pod[],
  budgets: readonly PodDisruptionBudget[] = [],
): Promise<PostFilterResult | undefined> {
  const simulation = createSimulation({ objects: budgets, random: () => 0 });
  for (const name of nodes) simulation.addNode(makeNode(name));
  for (const each of placed) simulation.addPod(each);
  const { cycle, node } = simulation.decide(pod);
  expect(node).toBeUndefined();
  return simulation.profile.postFilter[0]?.postFilter?.(cycle.state, cycle.pod, cycle);
}

const victimsOn = (result: PostFilterResult | undefined, node: string) => {
  const reasoning = result?.reasoning as PreemptionReasoning | undefined;
  return reasoning?.candidates.find((each) => each.node === node)?.victims.map(({ pod }) => pod);
};

const important = (cpu: string, spec: Partial<PodSpec> = {}) =>
  makePod('p', { ...requesting({ cpu }), priority: 100, ...spec });

describe('DefaultPreemption', () => {
  it('takes the fewest of the least important', async () => {
    const result = await preempt(
      important('2'),
      ['a'],
      [running('low', 'a', 1, '1'), running('mid', 'a', 5, '1'), running('high', 'a', 9, '2')],
    );
    expect(result?.nominatedNode).toBe('a');
    expect(victimsOn(result, 'a')).toEqual(['default/mid', 'default/low']);
  });

  it('spares a pod that started earlier', async () => {
    const result = await preempt(
      important('2'),
      ['a'],
      [running('young', 'a', 1, '2', { start: '2026-01-02T00:00:00Z' }), running('old', 'a', 1, '2')],
    );
    expect(victimsOn(result, 'a')).toEqual(['default/young']);
  });

  it('spares pods of a disruption budget where another will do', async () => {
    const placed = [running('kept', 'a', 1, '2', { app: 'kept' }), running('free', 'a', 5, '2')];
    expect(victimsOn(await preempt(important('2'), ['a'], placed, [budget('kept', 0)]), 'a')).toEqual(['default/free']);
    expect(victimsOn(await preempt(important('2'), ['a'], placed, [budget('kept', 1)]), 'a')).toEqual(['default/kept']);
  });

  it('breaks a budget only where no node does without', async () => {
    const kept = running('kept', 'a', 1, '4', { app: 'kept' });
    const other = running('other', 'b', 50, '4');
    const choice = await preempt(important('2'), ['a', 'b'], [kept, other], [budget('kept', 0)]);
    expect(choice?.nominatedNode).toBe('b');
    const only = await preempt(important('2'), ['a'], [kept], [budget('kept', 0)]);
    expect(only?.reasoning).toMatchObject({ node: 'a', candidates: [{ budgetViolations: 1 }] });
  });

  it('makes room for what is no resource: a port, an anti-affinity, a spread', async () => {
    const ports = { containers: [{ name: 'c', ports: [{ containerPort: 1, hostPort: 80 }] }] };
    const holder = makePod('holder', { ...ports, nodeName: 'a', priority: 1 });
    expect(victimsOn(await preempt(makePod('p', { ...ports, priority: 9 }), ['a'], [holder]), 'a')).toEqual([
      'default/holder',
    ]);
    const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'x' } } };
    const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
    const lonely = makePod('p', { affinity, priority: 9 });
    expect(victimsOn(await preempt(lonely, ['a'], [running('near', 'a', 1, '1')]), 'a')).toEqual(['default/near']);
    const averse = makePod('averse', { affinity, nodeName: 'a', priority: 1 });
    const disliked = makePod('p', { priority: 9 }, { labels: { app: 'x' } });
    expect(victimsOn(await preempt(disliked, ['a'], [averse]), 'a')).toEqual(['default/averse']);
    const constraint = { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule' };
    const spread = makePod(
      'p',
      {
        topologySpreadConstraints: [{ ...constraint, labelSelector: { matchLabels: { app: 'x' } } }],
        ...requesting({ cpu: '1' }),
        priority: 9,
      },
      { labels: { app: 'x' } },
    );
    const placed = [running('one', 'a', 1, '1'), running('full', 'b', 10, '4', { app: 'y' })];
    expect(victimsOn(await preempt(spread, ['a', 'b'], placed), 'a')).toEqual(['default/one']);
  });

  it('does nothing for a pod that may not preempt, that waits for victims, or that no victim helps', async () => {
    const low = running('low', 'a', 1, '4');
    expect(await preempt(important('2', { preemptionPolicy: 'Never' }), ['a'], [low])).toMatchObject({
      message: 'preemption: not eligible due to preemptionPolicy=Never.',
    });
    const leaving = makePod(
      'leaving',
      { ...requesting({ cpu: '4' }), nodeName: 'a', priority: 1 },
      { deletionTimestamp: '2026-01-01T00:00:00Z' },
      { conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' }] },
    );
    const nominated = makePod('p', { ...requesting({ cpu: '2' }), priority: 9 }, {}, { nominatedNodeName: 'a' });
    expect(await preempt(nominated, ['a'], [leaving])).toMatchObject({
      message: 'preemption: not eligible due to a terminating pod on the nominated node.',
    });
    expect(await preempt(important('9'), ['a'], [low])).toMatchObject({
      nominatedNode: '',
      message: 'preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    });
    expect(await preempt(important('2'), ['a'], [running('same', 'a', 100, '4')])).toMatchObject({
      message: 'preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
    });
  });
});

describe('the cheapest candidate', () => {
  const victim = (name: string, priority: number, start = '2026-01-01T00:00:00Z') =>
    createPodInfo(running(name, 'a', priority, '1', { start }));
  const candidate = (name: string, budgetViolations: number, ...victims: Candidate['victims'][number][]) =>
    ({ node: { name }, victims, budgetViolations }) as unknown as Candidate;
  it.each<[string, Candidate[], string]>([
    ['breaks fewest budgets', [candidate('a', 1, victim('x', 1)), candidate('b', 0, victim('x', 9))], 'b'],
    [
      'has the least important highest victim',
      [candidate('a', 0, victim('x', 9)), candidate('b', 0, victim('x', 5), victim('y', 5))],
      'b',
    ],
    [
      'has the smallest sum of priorities',
      [candidate('a', 0, victim('x', 5), victim('y', 4)), candidate('b', 0, victim('x', 5), victim('y', 3))],
      'b',
    ],
    [
      'has fewest victims, of negative priorities too',
      [candidate('a', 0, victim('x', -1), victim('y', -9)), candidate('b', 0, victim('x', -1))],
      'b',
    ],
    [
      'has the victim that started last',
      [candidate('a', 0, victim('x', 5)), candidate('b', 0, victim('x', 5, '2026-02-01T00:00:00Z'))],
      'b',
    ],
    ['is the first of equals', [candidate('a', 0, victim('x', 5)), candidate('b', 0, victim('x', 5))], 'a'],
  ])('%s', (_, candidates, expected) => expect(cheapestCandidate(candidates)?.node.name).toBe(expected));
});

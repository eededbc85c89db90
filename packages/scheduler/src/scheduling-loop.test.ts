import { ApiError, type Pod } from '@kubelab/api';
import type { ApiClient, Cached, EventRecorder } from '@kubelab/client';
import { createManualClock } from '@kubelab/runtime';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPodInfo } from './cluster/pod-info.js';
import { DecisionHistory } from './explain/decision-history.js';
import type { PluginHandle } from './framework/plugin-handle.js';
import type { Plugin } from './framework.js';
import { createSchedulerMetrics } from './metrics/scheduler-metrics.js';
import { builtInPlugins, type PluginDefinition } from './registry.js';
import { SchedulingLoop } from './scheduling-loop.js';
import { makeNode, makePod, requesting } from './simulation/objects.js';
import { createSimulation } from './simulation/simulation.js';

const calls: string[] = [];
const events: string[] = [];
let bindError: Error | undefined;
let probe: Partial<Plugin> = {};
let handle: PluginHandle;
let ending: (() => Promise<void>) | undefined;

const client = {
  async createSubresource(_: unknown, { name }: { name: string }, subresource: string) {
    calls.push(`${subresource} ${name}`);
    if (bindError) throw bindError;
    return {};
  },
  async patch(
    _: unknown,
    { name }: { name: string },
    __: string,
    patch: { status: { conditions: { reason: string }[] } },
  ) {
    calls.push(`patch ${name} ${patch.status.conditions[0]?.reason}`);
    return {};
  },
} as unknown as ApiClient;

const recorder: EventRecorder = {
  event: (_, type, reason, message) => events.push(`${type} ${reason} ${message}`),
  flush: async () => {},
};

/** A plugin that takes part wherever a test wants it to. */
const probeDefinition: PluginDefinition = {
  extensionPoints: ['reserve', 'permit', 'preBind', 'postBind'],
  readArguments: () => undefined,
  create(_, given) {
    handle = given;
    return {
      name: 'Probe',
      events: [],
      reserve: (...args) => probe.reserve?.(...args),
      unreserve: () => calls.push('unreserve'),
      permit: (...args) => probe.permit?.(...args),
      preBind: async (...args) => probe.preBind?.(...args),
      postBind: () => calls.push('postBind'),
    };
  },
};

function start() {
  const clock = createManualClock();
  const pods = new Map<string, Cached<Pod>>();
  const simulation = createSimulation({
    clock,
    client,
    recorder,
    registry: new Map([...builtInPlugins, ['Probe', probeDefinition]]),
    configuration: 'profiles: [{plugins: {multiPoint: {enabled: [{name: Probe}]}}}]',
  });
  simulation.addNode(makeNode('a'));
  const metrics = createSchedulerMetrics(new Registry(), {
    queueSizes: () => ({}),
    unschedulable: () => new Map(),
    cacheSizes: () => ({ nodes: 0, pods: 0, assumed_pods: 0 }),
    inFlightEvents: () => 0,
    profile: '',
  });
  const loop = new SchedulingLoop({
    ...simulation,
    client,
    recorder,
    metrics,
    extenders: [],
    history: new DecisionHistory(0),
    currentPod: (key) => pods.get(key),
    startSpan: () => ({ context: undefined, setAttribute: () => {}, end: () => {} }),
    log: pino({ level: 'silent' }),
  });
  const stop = new AbortController();
  const running = loop.run(stop.signal);
  ending = async () => {
    stop.abort();
    await running;
  };
  const add = (pod: Cached<Pod>) => {
    pods.set(`default/${pod.metadata.name}`, pod);
    simulation.queue.set(createPodInfo(pod), undefined);
  };
  return { ...simulation, clock, pods, add };
}

beforeEach(() => {
  calls.length = 0;
  events.length = 0;
  bindError = undefined;
  probe = {};
});
afterEach(() => ending?.());

const until = (test: () => unknown) => expect.poll(test, { interval: 1 });

describe('SchedulingLoop', () => {
  it('binds, and counts the pod from its decision on', async () => {
    const { add, cache } = start();
    add(makePod('p'));
    await until(() => calls).toEqual(['binding p', 'postBind']);
    expect(cache.isPlaced('p')).toBe(true);
    expect(events).toEqual(['Normal Scheduled Successfully assigned default/p to a']);
  });

  it('takes the pod back where its binding fails, and tries again after its back-off', async () => {
    const { add, cache, clock } = start();
    bindError = new ApiError('Conflict', 'no');
    add(makePod('p'));
    await until(() => calls).toEqual(['binding p', 'unreserve', 'patch p SchedulerError']);
    expect(cache.isPlaced('p')).toBe(false);
    bindError = undefined;
    await clock.advance(1_000);
    await until(() => calls.slice(3)).toEqual(['binding p', 'postBind']);
  });

  it('forgets a pod that is gone by the time it fails', async () => {
    const { add, pods, queue } = start();
    bindError = new ApiError('InternalError', 'no');
    add(makePod('p'));
    pods.clear();
    await until(() => calls[0]).toBe('binding p');
    await until(() => events.length).toBe(1);
    expect(queue.sizes).toEqual({ active: 0, backoff: 0, unschedulable: 0, gated: 0 });
  });

  it('gives back what was set aside where a plugin refuses', async () => {
    probe = { reserve: () => ({ reasons: ['taken'], unresolvable: false }) };
    const { add, cache, queue } = start();
    add(makePod('p'));
    await until(() => calls).toEqual(['unreserve', 'patch p Unschedulable']);
    expect(cache.isPlaced('p')).toBe(false);
    expect(queue.unschedulableByPlugin.get('Probe')).toBe(1);
    expect(events).toEqual(['Warning FailedScheduling taken']);
  });

  it('waits for permission: allowed, rejected, and too late', async () => {
    probe = { permit: (_, { key }) => (key === 'default/free' ? undefined : { waitMs: 5_000 }) };
    const { add, waiting, clock, cache } = start();
    for (const name of ['allowed', 'rejected', 'late', 'free']) add(makePod(name));
    await until(() => calls).toEqual(['binding free', 'postBind']);
    expect(handle.waiting.list().map(({ uid }) => uid)).toEqual(['allowed', 'rejected', 'late']);
    expect(cache.isPlaced('late')).toBe(true);
    waiting.allow('allowed', 'Probe');
    await until(() => calls.slice(2)).toEqual(['binding allowed', 'postBind']);
    waiting.reject('rejected', 'Probe', 'no');
    await until(() => calls.slice(4)).toEqual(['unreserve', 'patch rejected Unschedulable']);
    await clock.advance(5_000);
    await until(() => calls.slice(6)).toEqual(['unreserve', 'patch late Unschedulable']);
    expect(events.at(-1)).toBe('Warning FailedScheduling rejected due to timeout after waiting 5000ms at plugin Probe');
    expect([...'rejected,late'.split(',')].map((uid) => cache.isPlaced(uid))).toEqual([false, false]);
  });

  it('says what a plugin failed of before binding', async () => {
    probe = { preBind: async () => ({ reasons: ['disk on fire'], unresolvable: false, isError: true }) };
    const { add } = start();
    add(makePod('p'));
    await until(() => calls).toEqual(['unreserve', 'patch p SchedulerError']);
    expect(events).toEqual(['Warning FailedScheduling running plugin "Probe": disk on fire']);
  });

  it('does not miss a node that comes while no node fits, and writes no condition twice', async () => {
    const { add, cache, queue } = start();
    add(makePod('p', requesting({ cpu: '9' })));
    await until(() => calls).toEqual(['patch p Unschedulable']);
    const node = makeNode('big', { allocatable: { cpu: '16' } });
    cache.setNode(node);
    queue.notify({ resource: 'Node', action: 'Add', object: node });
    await until(() => calls.slice(1)).toEqual(['binding p', 'postBind']);
    expect(cache.pod('p')?.key).toBe('default/p');
  });
});

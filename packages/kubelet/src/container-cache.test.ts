import { AsyncQueue, createManualClock } from '@kubelab/runtime';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ContainerCache, createContainerCache } from './container-cache.js';
import type { ContainerRuntime, RuntimeContainer, RuntimeEvent } from './container-runtime/runtime.js';

/** An engine that holds what the test puts there and says what the test says. */
function createEngine() {
  const containers = new Map<string, RuntimeContainer>();
  let queue = new AsyncQueue<RuntimeEvent>({ capacity: 100 });
  let inspections = 0;
  const runtime: Pick<ContainerRuntime, 'list' | 'inspect' | 'events'> = {
    list: async () => [...containers.values()].map(({ id, pod, state }) => ({ id, podUid: pod.uid, state })),
    inspect: async (id) => {
      inspections += 1;
      return containers.get(id);
    },
    async *events(signal, onOpen) {
      queue = new AsyncQueue({ capacity: 100 });
      signal.addEventListener('abort', () => queue.close(), { once: true });
      onOpen();
      yield* queue;
    },
  };
  return {
    runtime: runtime as ContainerRuntime,
    containers,
    say: (type: RuntimeEvent['type'], containerId: string) => queue.push({ type, containerId, podUid: 'u' }),
    breakOff: () => queue.close(new Error('gone')),
    inspections: () => inspections,
  };
}

function container(id: string, state: RuntimeContainer['state'] = 'running'): RuntimeContainer {
  const pod = { namespace: 'default', name: 'p', uid: 'u' };
  return { id, state, pod, role: 'container', name: id, restartCount: 0 } as RuntimeContainer;
}

const clock = createManualClock();
let engine: ReturnType<typeof createEngine>;
let cache: ContainerCache;
let stop: AbortController;
let running: Promise<void>;
let changes: string[];

beforeEach(async () => {
  engine = createEngine();
  engine.containers.set('first', container('first'));
  stop = new AbortController();
  cache = createContainerCache({ runtime: engine.runtime, log: pino({ level: 'silent' }), clock });
  changes = [];
  cache.onChange((podUid) => changes.push(podUid));
  running = cache.run(stop.signal);
  await cache.synced(stop.signal);
});

afterEach(async () => {
  stop.abort();
  await running;
});

describe('the container cache', () => {
  it('has what was there', () => {
    expect(cache.of('u').map(({ id }) => id)).toEqual(['first']);
    expect(cache.pods()).toEqual([{ namespace: 'default', name: 'p', uid: 'u' }]);
    expect(cache.failure()).toBeUndefined();
  });

  it('follows what the engine tells', async () => {
    engine.containers.set('first', container('first', 'exited'));
    engine.say('died', 'first');
    await vi.waitFor(() => expect(cache.get('first')?.state).toBe('exited'));
    engine.say('removed', 'first');
    await vi.waitFor(() => expect(cache.of('u')).toEqual([]));
    expect(changes.length).toBeGreaterThanOrEqual(2);
  });

  it('is not set back by an answer that was overtaken', () => {
    cache.put(container('first', 'exited'));
    cache.put(container('first', 'running'));
    expect(cache.get('first')?.state).toBe('exited');
  });

  it('does not ask about a start of its own, but about those of others', async () => {
    const before = engine.inspections();
    for (const id of ['own', 'other']) {
      engine.containers.set(id, container(id));
      engine.say('started', id);
    }
    cache.put(container('own'));
    await clock.advance(2_000);
    await vi.waitFor(() => expect(cache.get('other')?.state).toBe('running'));
    expect(engine.inspections()).toBe(before + 1);
  });

  it('finds by relisting what no event told of', async () => {
    engine.containers.delete('first');
    engine.containers.set('second', container('second'));
    await clock.advance(60_000);
    await vi.waitFor(() => expect(cache.of('u').map(({ id }) => id)).toEqual(['second']));
  });

  it('says that the engine is gone, and lists again when it is back', async () => {
    engine.breakOff();
    await vi.waitFor(() => expect(cache.failure()).toBe('gone'));
    engine.containers.set('meanwhile', container('meanwhile'));
    await clock.advance(15_000);
    await vi.waitFor(() => expect(cache.get('meanwhile')).toBeDefined());
    expect(cache.failure()).toBeUndefined();
  });
});

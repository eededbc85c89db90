import { ApiError } from '@kubelab/api';
import { createManualClock, createMetrics, createTracer, type FinishedSpan, newTraceContext } from '@kubelab/runtime';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { createReconciler, type ReconcilerOptions } from './create-reconciler.js';
import type { Reconcile } from './reconciler.js';

const log = pino({ level: 'silent' });
const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

function start(reconcile: Reconcile, options: Partial<ReconcilerOptions> = {}) {
  const clock = createManualClock();
  const spans: FinishedSpan[] = [];
  const tracer = createTracer({ component: 'test', sink: (batch) => void spans.push(...batch) });
  const reconciler = createReconciler({
    name: 'Thing',
    reconcile,
    log,
    tracer,
    clock,
    informersSynced: [],
    ...options,
  });
  const stop = new AbortController();
  stops.push(stop);
  return { ...reconciler, clock, spans, tracer, stop, running: reconciler.run(stop.signal) };
}

describe('createReconciler', () => {
  it('works on keys once the informers are synced', async () => {
    let synced = () => {};
    const informer = {
      synced: () =>
        new Promise<void>((resolve) => {
          synced = resolve;
        }),
    };
    const keys: string[] = [];
    const { queue, clock } = start(async (key) => void keys.push(key), { informersSynced: [informer] });
    queue.add('a');
    await clock.advance(1);
    expect(keys).toEqual([]);
    synced();
    await clock.advance(1);
    expect(keys).toEqual(['a']);
  });

  it('comes back to a key that failed after delays that double up to the limit', async () => {
    const timesMs: number[] = [];
    const { queue, clock } = start(
      async (): Promise<undefined> => {
        timesMs.push(clock.now());
        throw new ApiError('Conflict', 'changed');
      },
      { backoff: { initialMs: 5, maxMs: 30 } },
    );
    queue.add('a');
    await clock.advance(150);
    const delays = timesMs.slice(1).map((timeMs, index) => timeMs - (timesMs[index] ?? 0));
    expect(delays).toEqual([5, 10, 20, 30, 30, 30]);
  });

  it('begins with short delays again after a success', async () => {
    const timesMs: number[] = [];
    let fail = true;
    const { queue, clock } = start(async (): Promise<undefined> => {
      timesMs.push(clock.now());
      if (fail) throw new Error('no');
    });
    queue.add('a');
    await clock.advance(100);
    fail = false;
    await clock.advance(1_000);
    fail = true;
    const before = timesMs.length;
    queue.add('a');
    await clock.advance(6);
    expect(timesMs.length - before).toBe(2);
  });

  it('comes back when it is asked to', async () => {
    let calls = 0;
    const { queue, clock } = start(async () => (++calls < 3 ? { requeueAfterMs: 1_000 } : undefined));
    queue.add('a');
    await clock.advance(999);
    expect(calls).toBe(1);
    await clock.advance(1);
    expect(calls).toBe(2);
    await clock.advance(100_000);
    expect(calls).toBe(3);
  });

  it('works on several keys at a time, never on one twice', async () => {
    const working = new Set<string>();
    let most = 0;
    const { queue, clock } = start(
      async (key): Promise<undefined> => {
        expect(working.has(key)).toBe(false);
        working.add(key);
        most = Math.max(most, working.size);
        await Promise.resolve();
        await Promise.resolve();
        working.delete(key);
      },
      { workers: 3 },
    );
    for (const key of ['a', 'b', 'c', 'd', 'e', 'a', 'b']) queue.add(key);
    await clock.advance(1);
    queue.add('a');
    await clock.advance(1);
    expect(most).toBe(3);
    expect(queue.size).toBe(0);
  });

  it('makes its span a child of what enqueued the key, and hands it to the reconcile', async () => {
    const parent = newTraceContext(true);
    const traces: (string | undefined)[] = [];
    const { queue, clock, spans, tracer } = start(async (key, { trace }): Promise<undefined> => {
      traces.push(trace?.spanId);
      if (key === 'bad') throw new Error('no');
    });
    queue.add('good', parent);
    queue.add('bad', parent);
    queue.add('untraced');
    await clock.advance(1);
    tracer.flush();
    expect(
      spans.map(({ name, parentSpanId, error, attributes }) => [name, parentSpanId, error, attributes.key]),
    ).toEqual([
      ['reconcile Thing', parent.spanId, '', 'good'],
      ['reconcile Thing', parent.spanId, 'no', 'bad'],
    ]);
    expect(traces).toEqual([spans[0]?.spanId, spans[1]?.spanId, undefined]);
  });

  it('ends once the last reconcile has, and leaves no timer', async () => {
    let release = () => {};
    const { queue, clock, stop, running } = start(
      () =>
        new Promise((resolve) => {
          release = () => resolve(undefined);
        }),
    );
    queue.add('a');
    queue.addAfter('b', 1_000);
    await clock.advance(1);
    let ended = false;
    const ending = running.then(() => {
      ended = true;
    });
    stop.abort();
    await clock.advance(1);
    expect(ended).toBe(false);
    release();
    await ending;
    expect(clock.pending).toBe(0);
  });

  it('counts what it does', async () => {
    const metrics = createMetrics('test', '');
    let failures = 1;
    const { queue, clock } = start(
      async (): Promise<undefined> => {
        if (failures-- > 0) throw new Error('no');
      },
      { metrics },
    );
    createReconciler({
      name: 'Other',
      reconcile: async () => undefined,
      log,
      tracer: createTracer({ component: 'x' }),
      informersSynced: [],
      metrics,
    });
    queue.add('a');
    await clock.advance(100);
    const text = await metrics.metrics();
    expect(text).toContain('kubelab_workqueue_adds_total{name="Thing"} 2');
    expect(text).toContain('kubelab_workqueue_retries_total{name="Thing"} 1');
    expect(text).toContain('kubelab_workqueue_depth{name="Thing"} 0');
    expect(text).toContain('kubelab_reconcile_duration_seconds_count{name="Thing"} 2');
  });
});

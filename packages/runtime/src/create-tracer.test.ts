import { describe, expect, it } from 'vitest';
import { createTracer } from './create-tracer.js';
import { newTraceContext } from './trace-context.js';
import type { FinishedSpan } from './tracer.js';

const parent = newTraceContext(true);

function createRecording(options: { batchSize?: number; capacity?: number } = {}) {
  const batches: (readonly FinishedSpan[])[] = [];
  const tracer = createTracer({ component: 'kubelet', instance: 'node1', ...options });
  return { tracer, batches, sink: (spans: readonly FinishedSpan[]) => void batches.push(spans) };
}

describe('createTracer', () => {
  it('records children of a sampled parent', () => {
    const { tracer, batches, sink } = createRecording();
    tracer.setSink(sink);
    const beforeMs = Date.now();
    const span = tracer.startSpan('sync pod', { parent, attributes: { pod: 'default/a', restarts: 2 } });
    span.setAttribute('ready', true);
    span.end();
    span.end({ error: new Error('too late') });
    tracer.flush();
    expect(batches).toHaveLength(1);
    const [recorded] = batches[0] ?? [];
    expect(recorded).toMatchObject({
      traceId: parent.traceId,
      parentSpanId: parent.spanId,
      spanId: span.context?.spanId,
      component: 'kubelet/node1',
      name: 'sync pod',
      error: '',
      attributes: { pod: 'default/a', restarts: '2', ready: 'true' },
    });
    expect(span.context?.spanId).toMatch(/^[0-9a-f]{16}$/);
    const startMs = Number((recorded?.startUnixNano ?? 0n) / 1_000_000n);
    expect(Math.abs(startMs - beforeMs)).toBeLessThan(1_000);
    expect((recorded?.endUnixNano ?? 0n) >= (recorded?.startUnixNano ?? 1n)).toBe(true);
  });

  it('records nothing without a sampled parent, and hands its context on', () => {
    const { tracer, batches, sink } = createRecording();
    tracer.setSink(sink);
    const unsampled = newTraceContext(false);
    const span = tracer.startSpan('x', { parent: unsampled });
    expect(span.context).toBe(unsampled);
    span.end();
    expect(tracer.startSpan('y').context).toBeUndefined();
    tracer.flush();
    expect(batches).toEqual([]);
  });

  it('ends a span with the error of its work, which it rethrows', async () => {
    const { tracer, batches, sink } = createRecording();
    tracer.setSink(sink);
    const work = tracer.span('work', { parent }, () => Promise.reject(new Error('disk full')));
    await expect(work).rejects.toThrow('disk full');
    tracer.flush();
    expect(batches[0]?.[0]?.error).toBe('disk full');
  });

  it('hands spans on in bounded batches, by itself', async () => {
    const { tracer, batches, sink } = createRecording({ batchSize: 3 });
    tracer.setSink(sink);
    for (let index = 0; index < 7; index++) tracer.startSpan(`${index}`, { parent }).end();
    expect(batches.map((batch) => batch.length)).toEqual([3, 3]);
    await expect.poll(() => batches.flat().length).toBe(7);
    expect(batches.flat().map((span) => span.name)).toEqual(['0', '1', '2', '3', '4', '5', '6']);
  });

  it('keeps a bounded number of spans for a sink that is set later', () => {
    const { tracer, batches, sink } = createRecording({ capacity: 4, batchSize: 2 });
    for (let index = 0; index < 20; index++) tracer.startSpan(`${index}`, { parent }).end();
    tracer.setSink(sink);
    const names = batches.flat().map((span) => span.name);
    expect(names.length).toBeLessThanOrEqual(8);
    expect(names.at(-1)).toBe('19');
    expect(batches.every((batch) => batch.length <= 2)).toBe(true);
  });

  it('gives every span an id of its own', () => {
    const { tracer } = createRecording();
    const ids = new Set(Array.from({ length: 5_000 }, () => tracer.startSpan('x', { parent }).context?.spanId));
    expect(ids.size).toBe(5_000);
  });
});

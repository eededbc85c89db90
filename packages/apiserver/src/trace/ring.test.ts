import type { FinishedSpan } from '@kubelab/runtime';
import { expect, test } from 'vitest';
import { createSpanRing } from './ring.js';

function span(traceId: string, spanId: string, more: Partial<FinishedSpan> = {}): FinishedSpan {
  return {
    traceId,
    spanId,
    parentSpanId: '',
    component: 'apiserver',
    name: 'create pods',
    startUnixNano: 1n,
    endUnixNano: 2n,
    error: '',
    attributes: {},
    ...more,
  };
}

const idsOf = (spans: readonly FinishedSpan[]) => spans.map(({ spanId }) => spanId);

test('keeps the newest spans, by their trace', () => {
  const ring = createSpanRing({ capacity: 3 });
  ring.add([span('t1', 'a'), span('t2', 'b'), span('t1', 'c')]);
  expect(idsOf(ring.byTrace('t1'))).toEqual(['a', 'c']);
  ring.add([span('t3', 'd')]);
  expect(idsOf(ring.byTrace('t1'))).toEqual(['c']);
  ring.add([span('t3', 'e'), span('t3', 'f'), span('t3', 'g')]);
  expect(ring.byTrace('t1')).toEqual([]);
  expect(idsOf(ring.byTrace('t3'))).toEqual(['e', 'f', 'g']);
  expect(ring.size).toBe(3);
});

test('finds the latest trace that wrote an object, while it is kept', () => {
  const ring = createSpanRing({ capacity: 2 });
  const attributes = { object: 'pods/default/p' };
  ring.add([span('t1', 'a', { attributes }), span('t2', 'b', { attributes })]);
  expect(ring.traceOf('pods/default/p')).toBe('t2');
  ring.add([span('t3', 'c')]);
  expect(ring.traceOf('pods/default/p')).toBe('t2');
  ring.add([span('t3', 'd')]);
  expect(ring.traceOf('pods/default/p')).toBeUndefined();
});

test('finds the trace that wrote an object again, and what else it wrote', () => {
  const ring = createSpanRing({ capacity: 3 });
  const attributes = { object: 'pods/default/p' };
  ring.add([span('t1', 'a', { attributes }), span('t2', 'b', { attributes }), span('t1', 'c', { attributes })]);
  expect(ring.traceOf('pods/default/p')).toBe('t1');
  ring.add([span('t2', 'd', { attributes: { object: 'pods/default/q' } }), span('t3', 'e')]);
  expect(ring.traceOf('pods/default/p')).toBe('t1');
  expect(ring.traceOf('pods/default/q')).toBe('t2');
  ring.add([span('t3', 'f')]);
  expect(ring.traceOf('pods/default/p')).toBeUndefined();
  expect(ring.traceOf('pods/default/q')).toBe('t2');
});

test('neither a failed write nor a span of another component says who wrote an object', () => {
  const ring = createSpanRing();
  const attributes = { object: 'pods/default/p' };
  ring.add([
    span('t1', 'a', { attributes, error: 'conflict' }),
    span('t2', 'b', { attributes, component: 'kubelet/n1' }),
  ]);
  expect(ring.traceOf('pods/default/p')).toBeUndefined();
  ring.add([span('t3', 'c', { attributes, component: 'apiserver/192.0.2.1' })]);
  expect(ring.traceOf('pods/default/p')).toBe('t3');
});

import type { SpanMessage } from '@kubelab/runtime';
import { expect, test } from 'vitest';
import { formatTrace } from './format-trace.js';

const START = 1_700_000_000_000_000_000n;

function span(
  id: string,
  parent: string,
  startMs: number,
  tookMs: number,
  more: Partial<SpanMessage> = {},
): SpanMessage {
  return {
    traceId: 'a'.repeat(32),
    spanId: id,
    parentSpanId: parent,
    component: 'apiserver',
    name: id,
    startUnixNano: String(START + BigInt(startMs) * 1_000_000n),
    endUnixNano: String(START + BigInt(startMs + tookMs) * 1_000_000n),
    error: '',
    attributes: {},
    ...more,
  };
}

test('spans hang below their parents in the order of their start', () => {
  const text = formatTrace([
    span('bind', 'reconcile', 30, 2),
    span('create', '', 0, 10, { name: 'create deployments', attributes: { object: 'deployments/default/web' } }),
    span('reconcile', 'create', 12, 20, { component: 'controller-manager' }),
    span('run', 'reconcile', 20, 5, { component: 'kubelet/node1', error: 'no such image' }),
    span('tell', 'create', 40, 1),
  ]);
  expect(text.split('\n')).toEqual([
    '    +0.0 ms     10.0 ms  apiserver           create deployments/default/web',
    '   +12.0 ms     20.0 ms  controller-manager  ├─ reconcile',
    '   +20.0 ms      5.0 ms  kubelet/node1       │  ├─ run  ✗ no such image',
    '   +30.0 ms      2.0 ms  apiserver           │  └─ bind',
    '   +40.0 ms      1.0 ms  apiserver           └─ tell',
  ]);
});

test('a span whose parent is not kept is a root', () => {
  const text = formatTrace([span('late', 'lost', 5, 1), span('early', '', 0, 1)]);
  expect(text.split('\n').map((line) => line.split(/ {2,}/).at(-1))).toEqual(['early', 'late']);
});

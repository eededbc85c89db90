import type { FinishedSpan } from '@kubelab/runtime';

/** The newest spans, of all components. */
export interface SpanRing {
  add(spans: readonly FinishedSpan[]): void;
  /** In the order in which they ended. Empty when nothing is kept of it. */
  byTrace(traceId: string): readonly FinishedSpan[];
  /** The latest trace in which an object was written, by its path (`pods/default/x`). */
  traceOf(objectPath: string): string | undefined;
  readonly size: number;
}

export interface SpanRingOptions {
  /** Spans kept; the oldest go first. Default 20,000. */
  readonly capacity?: number;
  /** Whose spans are writes of objects. Default `apiserver`. */
  readonly writer?: string;
}

interface Trace {
  readonly spans: FinishedSpan[];
  /** Objects that point here. */
  readonly objects: Set<string>;
}

export function createSpanRing({ capacity = 20_000, writer = 'apiserver' }: SpanRingOptions = {}): SpanRing {
  const kept: (FinishedSpan | undefined)[] = new Array(capacity);
  const traces = new Map<string, Trace>();
  const latest = new Map<string, string>();
  let count = 0;

  /** The oldest of all is the oldest of its trace. */
  function forget(span: FinishedSpan): void {
    const trace = traces.get(span.traceId);
    if (trace === undefined) return;
    trace.spans.shift();
    if (trace.spans.length > 0) return;
    traces.delete(span.traceId);
    for (const object of trace.objects) if (latest.get(object) === span.traceId) latest.delete(object);
  }

  function keep(span: FinishedSpan): void {
    const place = count % capacity;
    const oldest = kept[place];
    if (oldest) forget(oldest);
    kept[place] = span;
    count += 1;
    const trace = traces.get(span.traceId) ?? { spans: [], objects: new Set<string>() };
    traces.set(span.traceId, trace);
    trace.spans.push(span);
    const object = span.attributes.object;
    const isWrite = span.component === writer || span.component.startsWith(`${writer}/`);
    if (object === undefined || !isWrite || span.error !== '') return;
    const before = latest.get(object);
    if (before !== undefined && before !== span.traceId) traces.get(before)?.objects.delete(object);
    latest.set(object, span.traceId);
    trace.objects.add(object);
  }

  return {
    add(spans) {
      for (const span of spans) keep(span);
    },
    byTrace: (traceId) => [...(traces.get(traceId)?.spans ?? [])],
    traceOf: (objectPath) => latest.get(objectPath),
    get size() {
      return Math.min(count, capacity);
    },
  };
}

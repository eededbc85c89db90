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

/** There are as many as spans, most of one span: hence no sets, and arrays made with what they hold. */
interface Trace {
  readonly spans: FinishedSpan[];
  /** Those that were written in it, of which some may since have been written in another. */
  objects: string[] | undefined;
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
    for (const object of trace.objects ?? []) if (latest.get(object) === span.traceId) latest.delete(object);
  }

  function keep(span: FinishedSpan): void {
    const place = count % capacity;
    const oldest = kept[place];
    if (oldest) forget(oldest);
    kept[place] = span;
    count += 1;
    const trace = join(span);
    const object = span.attributes.object;
    const isWrite = span.component === writer || span.component.startsWith(`${writer}/`);
    if (object === undefined || !isWrite || span.error !== '') return;
    if (latest.get(object) === span.traceId) return;
    latest.set(object, span.traceId);
    if (trace.objects) trace.objects.push(object);
    else trace.objects = [object];
  }

  function join(span: FinishedSpan): Trace {
    const present = traces.get(span.traceId);
    if (present) {
      present.spans.push(span);
      return present;
    }
    const trace = { spans: [span], objects: undefined };
    traces.set(span.traceId, trace);
    return trace;
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

import type { TraceContext } from './trace-context.js';

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  /** Without a parent the span is not recorded: a trace begins only at the edge (see `newTraceContext`). */
  readonly parent?: TraceContext | undefined;
  readonly attributes?: SpanAttributes;
  /** Milliseconds since the epoch; now by default. */
  readonly startTimeMs?: number;
}

export interface Span {
  /** Hand this to whatever is done on the span's behalf. */
  readonly context: TraceContext | undefined;
  setAttribute(name: string, value: string | number | boolean): void;
  /** Ends it once; further calls do nothing. */
  end(outcome?: { error?: unknown; endTimeMs?: number }): void;
}

/** Spans with explicit parents. Nothing ambient: what is not handed on is not related. */
export interface Tracer {
  startSpan(name: string, options?: SpanOptions): Span;
  /** Runs `work` inside a span that ends with it, with its error if it throws. */
  span<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T>;
}

/** A span as the ring keeps it and as it travels (proto `Span`). */
export interface FinishedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly component: string;
  readonly name: string;
  readonly startUnixNano: bigint;
  readonly endUnixNano: bigint;
  readonly error: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Where finished spans go: the apiserver's ring, by way of the Session stream. Never blocks, never throws. */
export type SpanSink = (spans: readonly FinishedSpan[]) => void;

/** A tracer that hands its finished spans on, in bounded batches. */
export interface ReportingTracer extends Tracer {
  /** Replaces the sink; what has been kept for want of one goes to it at once. */
  setSink(sink: SpanSink | undefined): void;
  /** Hands over what waits, now: before the process stops. */
  flush(): void;
}

import { createSpanIds } from './span-ids.js';
import type { TraceContext } from './trace-context.js';
import type { FinishedSpan, ReportingTracer, Span, SpanOptions, SpanSink } from './tracer.js';

export interface TracerOptions {
  /** `kubelet`; with `instance`, spans say `kubelet/node1`. */
  readonly component: string;
  readonly instance?: string;
  /** Where batches go. Set later with `setSink`; until then the newest spans are kept. */
  readonly sink?: SpanSink;
  /** Spans in one batch. Default 256. */
  readonly batchSize?: number;
  /** How long a finished span waits for company. Default 200. */
  readonly flushIntervalMs?: number;
  /** Spans kept while there is no sink; the oldest are dropped. Default 2,048. */
  readonly capacity?: number;
}

/**
 * A tracer for one process. Only spans whose parent is sampled are recorded;
 * any other costs one small object.
 */
export function createTracer(options: TracerOptions): ReportingTracer {
  const reporter = createReporter(options);
  const component = options.instance === undefined ? options.component : `${options.component}/${options.instance}`;
  const nextSpanId = createSpanIds();

  const startSpan = (name: string, { parent, attributes, startTimeMs }: SpanOptions = {}): Span => {
    if (!parent?.sampled) return new UnrecordedSpan(parent);
    const context = { traceId: parent.traceId, spanId: nextSpanId(), sampled: true };
    const span = new RecordedSpan(name, component, parent.spanId, context, startTimeMs, reporter.add);
    for (const key in attributes) span.setAttribute(key, attributes[key] ?? '');
    return span;
  };

  return {
    startSpan,
    async span<T>(name: string, spanOptions: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
      const span = startSpan(name, spanOptions);
      try {
        const result = await work(span);
        span.end();
        return result;
      } catch (error) {
        span.end({ error });
        throw error;
      }
    },
    setSink: reporter.setSink,
    flush: reporter.flush,
  };
}

class UnrecordedSpan implements Span {
  constructor(readonly context: TraceContext | undefined) {}
  setAttribute(): void {}
  end(): void {}
}

class RecordedSpan implements Span {
  readonly #startUnixNano: bigint;
  readonly #attributes: Record<string, string> = {};
  #ended = false;

  constructor(
    readonly name: string,
    readonly component: string,
    readonly parentSpanId: string,
    readonly context: TraceContext,
    startTimeMs: number | undefined,
    readonly report: (span: FinishedSpan) => void,
  ) {
    this.#startUnixNano = unixNano(startTimeMs ?? preciseNowMs());
  }

  setAttribute(name: string, value: string | number | boolean): void {
    this.#attributes[name] = typeof value === 'string' ? value : String(value);
  }

  end(outcome: { error?: unknown; endTimeMs?: number } = {}): void {
    if (this.#ended) return;
    this.#ended = true;
    this.report({
      traceId: this.context.traceId,
      spanId: this.context.spanId,
      parentSpanId: this.parentSpanId,
      component: this.component,
      name: this.name,
      startUnixNano: this.#startUnixNano,
      endUnixNano: unixNano(outcome.endTimeMs ?? preciseNowMs()),
      error: describeError(outcome.error),
      attributes: this.#attributes,
    });
  }
}

function describeError(error: unknown): string {
  if (error === undefined || error === null) return '';
  return error instanceof Error ? error.message || error.name : String(error);
}

/** Whole microseconds: a double holds no more of today's date. */
function unixNano(timeMs: number): bigint {
  return BigInt(Math.round(timeMs * 1_000)) * 1_000n;
}

const CALIBRATION_INTERVAL_MS = 10_000;
let offsetMs = performance.timeOrigin;
let calibratedAtMs = Number.NEGATIVE_INFINITY;

/** The wall clock with microseconds. Taken from the monotonic clock, which does not follow the wall clock's corrections. */
function preciseNowMs(): number {
  const monotonicMs = performance.now();
  if (monotonicMs - calibratedAtMs > CALIBRATION_INTERVAL_MS) {
    calibratedAtMs = monotonicMs;
    const drifted = Math.abs(Date.now() - (offsetMs + monotonicMs)) > 1;
    if (drifted) offsetMs = Date.now() - monotonicMs;
  }
  return offsetMs + monotonicMs;
}

function createReporter(options: TracerOptions) {
  const { batchSize = 256, flushIntervalMs = 200, capacity = 2_048 } = options;
  let sink = options.sink;
  let waiting: FinishedSpan[] = [];
  let timer: NodeJS.Timeout | undefined;

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (!sink) return;
    for (let start = 0; start < waiting.length; start += batchSize) sink(waiting.slice(start, start + batchSize));
    waiting = [];
  };

  return {
    flush,
    setSink(next: SpanSink | undefined) {
      sink = next;
      flush();
    },
    add(span: FinishedSpan) {
      waiting.push(span);
      if (!sink) {
        if (waiting.length >= capacity * 2) waiting = waiting.slice(-capacity);
      } else if (waiting.length >= batchSize) {
        flush();
      } else {
        // A process that has nothing else to do must not wait for its spans: it flushes when it stops.
        timer ??= setTimeout(flush, flushIntervalMs).unref();
      }
    },
  };
}

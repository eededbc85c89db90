import type { HrTime } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import type { Logger } from 'pino';
import type { FinishedSpan, SpanSink } from './tracer.js';

interface OtlpExport {
  readonly sink: SpanSink;
  /** Sends what waits and ends. */
  shutdown(): Promise<void>;
}

/**
 * Sends spans to an OpenTelemetry collector (OTLP over HTTP), batched and
 * bounded by the SDK. The SDK is loaded here and only here: it costs memory
 * that a process without a collector need not pay.
 */
export async function createOtlpExport(endpoint: string, component: string, log: Logger): Promise<OtlpExport> {
  const [{ SpanKind, SpanStatusCode, TraceFlags }, { BatchSpanProcessor }, { OTLPTraceExporter }, resources] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
  const exporter = new OTLPTraceExporter({ url: tracesUrl(endpoint) });
  const processor = new BatchSpanProcessor(exporter);
  const resource = resources.resourceFromAttributes({ 'service.name': component, 'service.namespace': 'kubelab' });

  const convert = (span: FinishedSpan): ReadableSpan => ({
    name: span.name,
    kind: SpanKind.INTERNAL,
    spanContext: () => ({ traceId: span.traceId, spanId: span.spanId, traceFlags: TraceFlags.SAMPLED }),
    ...(span.parentSpanId === ''
      ? {}
      : {
          parentSpanContext: { traceId: span.traceId, spanId: span.parentSpanId, traceFlags: TraceFlags.SAMPLED },
        }),
    startTime: hrTime(span.startUnixNano),
    endTime: hrTime(span.endUnixNano),
    duration: hrTime(span.endUnixNano - span.startUnixNano),
    status: span.error === '' ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: span.error },
    attributes: { ...span.attributes, 'kubelab.component': span.component },
    links: [],
    events: [],
    ended: true,
    resource,
    instrumentationScope: { name: 'kubelab' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  });

  return {
    sink: (spans) => {
      for (const span of spans) processor.onEnd(convert(span));
    },
    shutdown: () =>
      processor.shutdown().catch((error: unknown) => log.warn({ error }, 'the last spans were not exported')),
  };
}

/** A bare host gets the path that OTLP prescribes. */
function tracesUrl(endpoint: string): string {
  const url = new URL(endpoint);
  if (url.pathname === '/' || url.pathname === '') url.pathname = '/v1/traces';
  return url.href;
}

function hrTime(nanoseconds: bigint): HrTime {
  return [Number(nanoseconds / 1_000_000_000n), Number(nanoseconds % 1_000_000_000n)];
}

import { ApiError } from '@kubelab/api';
import type { FinishedSpan, SpanMessage, TargetMessage } from '@kubelab/runtime';
import { objectPath } from '../registry/object-path.js';
import type { SpanRing } from '../trace/ring.js';

export type ReceiveSpans = (spans: readonly SpanMessage[]) => void;

/** Attributes beyond this are cut: spans come from any authenticated client. */
const MAX_ATTRIBUTES = 32;
const MAX_TEXT_LENGTH = 1024;

/** Spans of other components, into the ring. */
export function spanReceiver(ring: SpanRing): ReceiveSpans {
  return (spans) => ring.add(spans.map(fromMessage));
}

export interface GetTraceMessage {
  readonly traceId: string;
  readonly target: TargetMessage | null;
}

/** The spans of one trace, or of the latest in which an object was written. @throws ApiError BadRequest, NotFound */
export function findTrace(ring: SpanRing, { traceId, target }: GetTraceMessage): { spans: SpanMessage[] } {
  if (traceId === '' && !target) throw new ApiError('BadRequest', 'a trace id or a target is needed');
  const id =
    traceId ||
    ring.traceOf(objectPath({ plural: target?.resource ?? '' }, target?.namespace ?? '', target?.name ?? ''));
  const spans = id === undefined ? [] : ring.byTrace(id);
  if (spans.length === 0) throw new ApiError('NotFound', 'no spans are kept of it');
  return { spans: spans.map(toMessage) };
}

function fromMessage(message: SpanMessage): FinishedSpan {
  const attributes = Object.entries(message.attributes).slice(0, MAX_ATTRIBUTES);
  return {
    traceId: cut(message.traceId),
    spanId: cut(message.spanId),
    parentSpanId: cut(message.parentSpanId),
    component: cut(message.component),
    name: cut(message.name),
    startUnixNano: BigInt(message.startUnixNano),
    endUnixNano: BigInt(message.endUnixNano),
    error: cut(message.error),
    attributes: Object.fromEntries(attributes.map(([name, value]) => [cut(name), cut(value)])),
  };
}

function cut(text: string): string {
  return text.slice(0, MAX_TEXT_LENGTH);
}

function toMessage(span: FinishedSpan): SpanMessage {
  return {
    ...span,
    startUnixNano: span.startUnixNano.toString(),
    endUnixNano: span.endUnixNano.toString(),
    attributes: { ...span.attributes },
  };
}

import type { FinishedSpan, SpanMessage } from '@kubelab/runtime';

/** A span as proto/kubelab/v1/api.proto carries it; its times as text, which keeps them exact. */
export function spanMessage(span: FinishedSpan): SpanMessage {
  return {
    ...span,
    startUnixNano: span.startUnixNano.toString(),
    endUnixNano: span.endUnixNano.toString(),
    attributes: { ...span.attributes },
  };
}

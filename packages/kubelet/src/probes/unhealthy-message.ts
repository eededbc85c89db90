import type { ProbeAttempt } from './probe-attempt.js';

/** What a pod's event says of an attempt that was no success. */
export function unhealthyMessage(kind: string, { outcome, output }: ProbeAttempt): string {
  const title = `${kind[0]?.toUpperCase()}${kind.slice(1)}`;
  const verdict = outcome === 'error' ? 'errored and resulted in unknown state' : 'failed';
  return `${title} probe ${verdict}: ${output}`;
}

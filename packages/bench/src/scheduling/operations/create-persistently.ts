import { setTimeout as delay } from 'node:timers/promises';
import { type RestClient, RestError } from '../../cluster/rest-client.js';

const PAUSE_MS = 250;
const CONNECTION_ERRORS = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'UND_ERR_SOCKET']);

export interface PersistentOptions {
  readonly signal: AbortSignal;
  /** How long an apiserver that does not answer is asked again. */
  readonly limitMs: number;
}

/**
 * Creates an object with a name, and tries again while the apiserver is away or
 * overloaded. That it is there already is fine at a second try: the first one
 * may have been heard. Rejects with RestError on any other refusal.
 */
export async function createPersistently(
  client: Pick<RestClient, 'send'>,
  path: string,
  object: object,
  { signal, limitMs }: PersistentOptions,
): Promise<void> {
  const body = JSON.stringify(object);
  const deadlineMs = performance.now() + limitMs;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      await client.send({ method: 'POST', path: `${path}?fieldValidation=Strict`, body });
      return;
    } catch (error) {
      if (attempt > 1 && error instanceof RestError && error.status === 409) return;
      if (!isPassing(error) || performance.now() > deadlineMs) throw error;
      await delay(PAUSE_MS, undefined, { signal });
    }
  }
}

/** Whether another try may go well. */
function isPassing(error: unknown): boolean {
  if (error instanceof RestError) return error.status === 429 || error.status >= 500;
  return (
    error instanceof Error &&
    (CONNECTION_ERRORS.has(String((error as NodeJS.ErrnoException).code)) || error.message === 'socket hang up')
  );
}

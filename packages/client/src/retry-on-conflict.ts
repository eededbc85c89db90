import { isApiError } from '@kubelab/api';
import { type Clock, createBackoff, sleep, systemClock } from '@kubelab/runtime';

export interface RetryOnConflictOptions {
  readonly signal?: AbortSignal;
  /** How often `attempt` is called at most. Default 5. */
  readonly attempts?: number;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/**
 * Calls `attempt` again, after 10 ms and then longer, while it fails with
 * Conflict. It must read the object anew each time. The last Conflict is thrown.
 */
export async function retryOnConflict<R>(attempt: () => Promise<R>, options: RetryOnConflictOptions = {}): Promise<R> {
  const { signal, attempts = 5, clock = systemClock } = options;
  const backoff = createBackoff({ initialMs: 10, maxMs: 1_000 });
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isApiError(error, 'Conflict') || backoff.attempts + 1 >= attempts) throw error;
    }
    await sleep(backoff.next(), signal, clock);
  }
}

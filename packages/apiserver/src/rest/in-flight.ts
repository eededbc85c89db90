import { ApiError } from '@kubelab/api';

export interface InFlightLimits {
  /** Default 400, as kube-apiserver's --max-requests-inflight. */
  readonly readOnly?: number;
  /** Default 200, as --max-mutating-requests-inflight. */
  readonly mutating?: number;
  /** How long a request waits for its turn. Default 15 s, a quarter of the time that a request has. */
  readonly waitMs?: number;
}

type RequestKind = 'readOnly' | 'mutating';

/**
 * Counts what is being worked on, and lets wait what is too much, in the order in which it came: as with Kubernetes'
 * API priority and fairness, a burst takes longer and is not refused. Watches and streams do not count.
 */
export interface InFlight {
  /**
   * Resolves with what gives the place back; call it once. The signal ends the waiting.
   * @throws {ApiError} TooManyRequests after the time to wait, or where too many wait already
   */
  enter(kind: RequestKind, signal: AbortSignal): Promise<() => void>;
  readonly readOnly: number;
  readonly mutating: number;
}

const RETRY_AFTER_SECONDS = 1;
const DEFAULT_WAIT_MS = 15_000;
/** Of each kind. A request that waits holds its connection and its head; its body has not been read. */
const MAX_WAITING = 1000;

export function createInFlight({
  readOnly = 400,
  mutating = 200,
  waitMs = DEFAULT_WAIT_MS,
}: InFlightLimits = {}): InFlight {
  const lanes = { readOnly: new Lane(readOnly, waitMs), mutating: new Lane(mutating, waitMs) };
  return {
    enter: (kind, signal) => lanes[kind].enter(signal),
    get readOnly() {
      return lanes.readOnly.count;
    },
    get mutating() {
      return lanes.mutating.count;
    },
  };
}

class Lane {
  #count = 0;
  /** In the order in which they came; each takes over the place of one that leaves. */
  readonly #waiting = new Set<() => void>();

  constructor(
    readonly limit: number,
    readonly waitMs: number,
  ) {}

  get count(): number {
    return this.#count;
  }

  async enter(signal: AbortSignal): Promise<() => void> {
    if (this.#count < this.limit) this.#count += 1;
    else await this.#takeOver(signal);
    return () => this.#leave();
  }

  #leave(): void {
    const [next] = this.#waiting;
    if (next) next();
    else this.#count -= 1;
  }

  #takeOver(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted || this.#waiting.size >= MAX_WAITING) {
        reject(tooManyRequests());
        return;
      }
      const settle = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
        this.#waiting.delete(enter);
      };
      const enter = (): void => {
        settle();
        resolve();
      };
      const giveUp = (): void => {
        settle();
        reject(tooManyRequests());
      };
      const timer = setTimeout(giveUp, this.waitMs);
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.add(enter);
    });
  }
}

function tooManyRequests(): ApiError {
  return new ApiError('TooManyRequests', 'Too many requests, please try again later.', {
    details: { retryAfterSeconds: RETRY_AFTER_SECONDS },
  });
}

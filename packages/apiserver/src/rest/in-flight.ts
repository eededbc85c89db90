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

/** Who waits; an exchange is one. */
interface Waiter {
  readonly user: { readonly name: string };
  /** Ends the waiting. Asked for only where there is any. */
  readonly signal: AbortSignal;
}

/**
 * Counts what is being worked on, and lets wait what is too much: as with Kubernetes' API priority and fairness, a
 * burst takes longer and is not refused, and the users take turns, so that one who sends very much holds up the
 * others for one request of his at a time. Watches and streams do not count.
 */
export interface InFlight {
  /**
   * Resolves with what gives the place back; call it once.
   * @throws {ApiError} TooManyRequests after the time to wait, or where too many wait already: of the user who has
   * the most waiting, the last is refused
   */
  enter(kind: RequestKind, waiter: Waiter): Promise<() => void>;
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
    enter: (kind, waiter) => lanes[kind].enter(waiter),
    get readOnly() {
      return lanes.readOnly.count;
    },
    get mutating() {
      return lanes.mutating.count;
    },
  };
}

interface Turn {
  /** Takes over the place of one that leaves. */
  enter(): void;
  refuse(): void;
}

class Lane {
  #count = 0;
  readonly #waiting = new TurnsByUser();

  constructor(
    readonly limit: number,
    readonly waitMs: number,
  ) {}

  get count(): number {
    return this.#count;
  }

  async enter(waiter: Waiter): Promise<() => void> {
    if (this.#count < this.limit) this.#count += 1;
    else await this.#takeOver(waiter);
    return () => this.#leave();
  }

  #leave(): void {
    const next = this.#waiting.next();
    if (next) next.enter();
    else this.#count -= 1;
  }

  #takeOver({ user, signal }: Waiter): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', turn.refuse);
        this.#waiting.delete(user.name, turn);
      };
      const turn: Turn = {
        enter() {
          settle();
          resolve();
        },
        refuse() {
          settle();
          reject(tooManyRequests());
        },
      };
      const timer = setTimeout(turn.refuse, this.waitMs);
      signal.addEventListener('abort', turn.refuse, { once: true });
      this.#waiting.add(user.name, turn);
      if (signal.aborted) turn.refuse();
      else if (this.#waiting.size > MAX_WAITING) this.#waiting.lastOfMost()?.refuse();
    });
  }
}

/** A queue a user, served one turn each, round and round. */
class TurnsByUser {
  readonly #queues = new Map<string, Set<Turn>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(user: string, turn: Turn): void {
    const queue = this.#queues.get(user) ?? new Set();
    this.#queues.set(user, queue.add(turn));
    this.#size += 1;
  }

  delete(user: string, turn: Turn): void {
    const queue = this.#queues.get(user);
    if (!queue?.delete(turn)) return;
    this.#size -= 1;
    if (queue.size === 0) this.#queues.delete(user);
  }

  /** The first of the user whose turn it is, who goes behind the others. */
  next(): Turn | undefined {
    const [first] = this.#queues;
    if (first === undefined) return undefined;
    const [user, queue] = first;
    this.#queues.delete(user);
    this.#queues.set(user, queue);
    return queue.values().next().value;
  }

  lastOfMost(): Turn | undefined {
    const most = Math.max(...Array.from(this.#queues.values(), ({ size }) => size));
    // Among equals the one who came last.
    const queue = [...this.#queues.values()].findLast(({ size }) => size === most);
    return queue && [...queue].at(-1);
  }
}

function tooManyRequests(): ApiError {
  return new ApiError('TooManyRequests', 'Too many requests, please try again later.', {
    details: { retryAfterSeconds: RETRY_AFTER_SECONDS },
  });
}

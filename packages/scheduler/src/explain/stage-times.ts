/** When a pod went through the scheduler, in milliseconds since 1970 by its clock. */
interface PodStages {
  /** NAMESPACE/NAME */
  readonly pod: string;
  /** It came to the queue. */
  readonly queuedMs: number;
  /** The node was chosen that it was then to be bound to. */
  readonly decidedMs: number;
  readonly attempts: number;
}

interface StagesAnswer {
  /** The scheduler's clock now, for whom has another. */
  readonly nowMs: number;
  /** To be asked with the next time. */
  readonly next: number;
  /** Decisions since the last time that are no longer kept. */
  readonly lost: number;
  readonly pods: readonly PodStages[];
}

const CAPACITY = 65_536;
/** How long nobody need ask before nothing is kept any more. */
const INTEREST_MS = 60_000;
const FIELDS = 3;

/**
 * The stages of the last 65,536 decisions, in a ring. Nothing is kept until
 * somebody asks, nor once nobody has asked for a minute: then a decision costs a comparison.
 */
export class StageTimes {
  readonly #capacity: number;
  readonly #now: () => number;
  #interestedUntilMs = 0;
  #pods: string[] = [];
  #times = new Float64Array(0);
  #written = 0;

  constructor({ capacity = CAPACITY, now = Date.now }: { capacity?: number; now?: () => number } = {}) {
    this.#capacity = capacity;
    this.#now = now;
  }

  decided(pod: string, queuedMs: number, attempts: number): void {
    if (this.#interestedUntilMs === 0) return;
    const nowMs = this.#now();
    if (nowMs > this.#interestedUntilMs) {
      this.#interestedUntilMs = 0;
      this.#pods = [];
      this.#times = new Float64Array(0);
      return;
    }
    const place = this.#written % this.#capacity;
    this.#pods[place] = pod;
    this.#times.set([queuedMs, nowMs, attempts], place * FIELDS);
    this.#written += 1;
  }

  /** Decisions from the number on that an answer gave as `next`; 0 for all that are kept. */
  since(first: number): StagesAnswer {
    if (this.#times.length === 0) this.#times = new Float64Array(this.#capacity * FIELDS);
    const nowMs = this.#now();
    this.#interestedUntilMs = nowMs + INTEREST_MS;
    const oldest = Math.max(first, this.#written - this.#pods.length);
    const pods: PodStages[] = [];
    for (let number = oldest; number < this.#written; number++) {
      const place = number % this.#capacity;
      const [queuedMs = 0, decidedMs = 0, attempts = 0] = this.#times.subarray(place * FIELDS, (place + 1) * FIELDS);
      pods.push({ pod: this.#pods[place] ?? '', queuedMs, decidedMs, attempts });
    }
    return { nowMs, next: this.#written, lost: Math.max(0, oldest - first), pods };
  }
}

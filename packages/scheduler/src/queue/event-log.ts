import type { ClusterEvent } from '../cluster-event.js';

interface Logged {
  readonly event: ClusterEvent;
  /** The only pod that it concerns; undefined: any. */
  readonly uid: string | undefined;
}

/** Below this nothing is gained by letting go of old events. */
const MIN_TRIM = 1_024;

/**
 * What happened while pods were being decided, each event once for all of them.
 * Kept from when the oldest of these pods was taken, and no longer.
 */
export class EventLog {
  #events: Logged[] = [];
  /** The number of the first event that is kept. */
  #base = 0;
  /** Pods in the order in which they were taken, with the number of the next event then. */
  readonly #since = new Map<string, number>();

  get size(): number {
    return this.#events.length;
  }

  has(uid: string): boolean {
    return this.#since.has(uid);
  }

  start(uid: string): void {
    this.#since.delete(uid);
    this.#since.set(uid, this.#base + this.#events.length);
  }

  push(event: ClusterEvent, uid?: string): void {
    if (this.#since.size > 0) this.#events.push({ event, uid });
  }

  /** Whether `helps` is true of anything that happened since the pod was taken. */
  some(uid: string, helps: (event: ClusterEvent) => boolean): boolean {
    const since = this.#since.get(uid);
    if (since === undefined) return false;
    for (let index = since - this.#base; index < this.#events.length; index++) {
      const logged = this.#events[index];
      if (logged && (logged.uid === undefined || logged.uid === uid) && helps(logged.event)) return true;
    }
    return false;
  }

  end(uid: string): void {
    if (!this.#since.delete(uid)) return;
    const [oldest] = this.#since.values();
    const end = this.#base + this.#events.length;
    const keepFrom = oldest ?? end;
    if (keepFrom !== end && keepFrom - this.#base < MIN_TRIM) return;
    this.#events = this.#events.slice(keepFrom - this.#base);
    this.#base = keepFrom;
  }
}

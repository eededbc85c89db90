import { isApiError } from '@kubelab/api';
import { type Clock, sleep } from '@kubelab/runtime';
import type { Logger } from 'pino';

/** What has a turn now and then. */
export interface Beating {
  readonly name: string;
}

export interface HeartbeatsOptions<T extends Beating> {
  readonly nodes: readonly T[];
  /** How long it takes until all have had their turn. */
  readonly intervalMs: number;
  readonly beat: (node: T, signal: AbortSignal) => Promise<void>;
  /** For the log: `renew the lease`. */
  readonly what: string;
  /** How many may be under way. Default 512. */
  readonly concurrency?: number;
  /** Told how long each turn took, and now and then how long those take that are not over. */
  readonly onTook?: (durationMs: number) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How often those whose turn has come are looked for: what is written together shares transactions. */
const TICK_MS = 250;
const RETRY_AFTER_MS = 2_000;

/**
 * Gives each of many nodes its turn once in an interval, spread evenly, with one
 * timer for all. One whose turn failed has another soon.
 */
export class Heartbeats<T extends Beating> {
  readonly #options: HeartbeatsOptions<T>;
  /** Since when, by the monotonic clock; the oldest first. */
  readonly #underWay = new Map<T, number>();
  /** Nodes that are to have a turn out of their order, and when. */
  readonly #soon = new Map<T, number>();
  #failures = 0;

  constructor(options: HeartbeatsOptions<T>) {
    this.#options = options;
  }

  /** Has the node have its next turn at once. */
  soon(node: T): void {
    this.#soon.set(node, 0);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { nodes, intervalMs, clock } = this.#options;
    const startedAtMs = performance.now();
    /** How many turns have been given since the start. */
    let given = 0;
    while (!signal.aborted) {
      const due = Math.floor(((performance.now() - startedAtMs) / intervalMs) * nodes.length);
      // Those that have waited longest come first.
      this.#startSoon(signal);
      // After a long pause nobody has two turns.
      for (given = Math.max(given, due - nodes.length); given < due; given += 1) {
        this.#start(nodes[given % nodes.length] as T, signal);
      }
      this.#tellOldest();
      this.#tellFailures();
      await sleep(TICK_MS, signal, clock).catch(() => undefined);
    }
  }

  #startSoon(signal: AbortSignal): void {
    const nowMs = performance.now();
    for (const [node, atMs] of this.#soon) {
      if (this.#underWay.size >= this.#limit()) return;
      if (atMs > nowMs || this.#underWay.has(node)) continue;
      this.#soon.delete(node);
      this.#start(node, signal);
    }
  }

  #start(node: T, signal: AbortSignal): void {
    if (this.#underWay.has(node)) return;
    if (this.#underWay.size >= this.#limit()) {
      // Keeps the place that it may have.
      this.#soon.set(node, 0);
      return;
    }
    this.#soon.delete(node);
    const startedAtMs = performance.now();
    this.#underWay.set(node, startedAtMs);
    this.#options
      .beat(node, signal)
      .then(
        () => undefined,
        (error: unknown) => this.#failed(node, error, signal),
      )
      .finally(() => {
        this.#underWay.delete(node);
        this.#options.onTook?.(performance.now() - startedAtMs);
        // Not only at the next tick: where each takes long, there would be fewer turns than nodes.
        if (this.#underWay.size === this.#limit() - 1 && !signal.aborted) this.#startSoon(signal);
      });
  }

  #tellOldest(): void {
    const [oldest] = this.#underWay.values();
    if (oldest !== undefined) this.#options.onTook?.(performance.now() - oldest);
  }

  #failed(node: T, error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return;
    const { log, what } = this.#options;
    const inVain = isApiError(error, 'Conflict');
    this.#soon.set(node, performance.now() + (inVain ? 0 : RETRY_AFTER_MS));
    this.#failures += inVain ? 0 : 1;
    log.debug({ error, node: node.name }, `cannot ${what}`);
  }

  /** One line for thousands. */
  #tellFailures(): void {
    if (this.#failures === 0) return;
    const { log, what } = this.#options;
    log.warn({ failures: this.#failures }, `could not ${what} of some nodes; it is tried again`);
    this.#failures = 0;
  }

  #limit(): number {
    return this.#options.concurrency ?? 512;
  }
}

import { type Clock, systemClock, type TraceContext } from '@kubelab/runtime';
import type { ClusterEvent } from './cluster-event.js';
import { Heap } from './heap.js';
import type { PodInfo } from './pod-info.js';

/** A pod that waits for a node. */
export interface QueuedPod {
  readonly pod: PodInfo;
  /** Of the write that made the pod what it is. */
  readonly trace: TraceContext | undefined;
  /** Since when it waits for its first or next attempt. */
  readonly sinceMs: number;
  readonly attempts: number;
  /** What rejected it the last time. */
  readonly rejectedBy: ReadonlySet<string>;
  /** Not before then. */
  readonly notBeforeMs: number;
}

/** Whether what `plugin` said against `pod` may have changed with `event`. */
export type MayHelp = (pod: PodInfo, plugin: string, event: ClusterEvent) => boolean;

export interface QueueOptions {
  readonly mayHelp: MayHelp;
  /** Plugins that keep the pod out, or none. */
  readonly preEnqueue: (pod: PodInfo) => readonly string[];
  readonly clock?: Clock;
  /** Default 1,000 and 10,000, as in Kubernetes. */
  readonly initialBackoffMs?: number;
  readonly maxBackoffMs?: number;
  /** However unhelpful the events, a pod is tried again after this. Default five minutes. */
  readonly maxUnschedulableMs?: number;
}

const uidOf = ({ pod }: QueuedPod): string => pod.uid;

/**
 * Pods that wait: active ones by priority, then age; those that must wait a
 * little before the next attempt; and those that no node fits, until an event
 * that can help. A pod is in one of the three, or in flight.
 */
export class SchedulingQueue {
  readonly #options: QueueOptions;
  readonly #clock: Clock;
  readonly #active = new Heap<QueuedPod>(
    uidOf,
    (a, b) => a.pod.priority > b.pod.priority || (a.pod.priority === b.pod.priority && a.sinceMs < b.sinceMs),
  );
  readonly #backoff = new Heap<QueuedPod>(uidOf, (a, b) => a.notBeforeMs < b.notBeforeMs);
  readonly #unschedulable = new Map<string, QueuedPod>();
  /** Pods being decided or bound, with the events that they would else miss. */
  readonly #inFlight = new Map<string, ClusterEvent[]>();
  #waiter: (() => void) | undefined;
  #cancelTimer: () => void = () => {};
  #closed = false;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  get sizes(): { active: number; backoff: number; unschedulable: number } {
    return { active: this.#active.size, backoff: this.#backoff.size, unschedulable: this.#unschedulable.size };
  }

  /** A pending pod as it is now: new, or changed while it waits. */
  set(pod: PodInfo, trace: TraceContext | undefined): void {
    const { uid } = pod;
    if (this.#inFlight.has(uid)) {
      // Its attempt goes on with what it saw; if that fails, this change may help.
      this.#inFlight.get(uid)?.push({ kind: 'PendingPodChanged', pod: pod.pod });
      return;
    }
    const present = this.#active.get(uid) ?? this.#backoff.get(uid) ?? this.#unschedulable.get(uid);
    const entry: QueuedPod = present
      ? { ...present, pod, trace: trace ?? present.trace }
      : { pod, trace, sinceMs: this.#clock.now(), attempts: 0, rejectedBy: new Set(), notBeforeMs: 0 };
    const gatedBy = this.#options.preEnqueue(pod);
    if (gatedBy.length > 0) {
      this.delete(uid);
      this.#unschedulable.set(uid, { ...entry, rejectedBy: new Set(gatedBy) });
    } else if (this.#backoff.get(uid)) this.#backoff.push(entry);
    else {
      if (this.#unschedulable.delete(uid)) this.#requeue(entry);
      else this.#active.push(entry);
      this.#schedule();
    }
  }

  /** The pod is gone, or bound. */
  delete(uid: string): void {
    this.#active.remove(uid);
    this.#backoff.remove(uid);
    this.#unschedulable.delete(uid);
  }

  /** The next pod to decide; undefined once closed. It is in flight until `done` or `failed`. */
  async pop(): Promise<QueuedPod | undefined> {
    for (;;) {
      if (this.#closed) return undefined;
      const entry = this.#active.pop();
      if (entry) {
        this.#inFlight.set(entry.pod.uid, []);
        return { ...entry, attempts: entry.attempts + 1 };
      }
      await new Promise<void>((resolve) => {
        this.#waiter = resolve;
      });
    }
  }

  /** Bound, or no longer there. */
  done(uid: string): void {
    this.#inFlight.delete(uid);
  }

  /** It must be tried again: after an event that helps what rejected it, or, when nothing did, after a while. */
  failed(entry: QueuedPod, rejectedBy: ReadonlySet<string>): void {
    const missed = this.#inFlight.get(entry.pod.uid) ?? [];
    this.#inFlight.delete(entry.pod.uid);
    const nowMs = this.#clock.now();
    const next: QueuedPod = {
      ...entry,
      rejectedBy,
      sinceMs: nowMs,
      notBeforeMs: nowMs + this.#backoffMs(entry.attempts),
    };
    if (rejectedBy.size === 0 || missed.some((event) => this.#helps(next, event))) this.#requeue(next);
    else this.#unschedulable.set(entry.pod.uid, next);
    this.#schedule();
  }

  /** Wakes the pods that the event may help. */
  notify(event: ClusterEvent): void {
    for (const events of this.#inFlight.values()) events.push(event);
    for (const [uid, entry] of this.#unschedulable)
      if (this.#helps(entry, event)) {
        this.#unschedulable.delete(uid);
        this.#requeue(entry);
      }
    this.#schedule();
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer();
    this.#wake();
  }

  #helps(entry: QueuedPod, event: ClusterEvent): boolean {
    for (const plugin of entry.rejectedBy) if (this.#options.mayHelp(entry.pod, plugin, event)) return true;
    return false;
  }

  #requeue(entry: QueuedPod): void {
    if (entry.notBeforeMs > this.#clock.now()) this.#backoff.push(entry);
    else this.#active.push(entry);
  }

  #backoffMs(attempts: number): number {
    const { initialBackoffMs = 1_000, maxBackoffMs = 10_000 } = this.#options;
    return Math.min(initialBackoffMs * 2 ** (attempts - 1), maxBackoffMs);
  }

  /** Moves what is due, wakes who waits, and sets the one timer for what comes next. */
  #schedule(): void {
    this.#cancelTimer();
    const nowMs = this.#clock.now();
    for (let first = this.#backoff.peek(); first && first.notBeforeMs <= nowMs; first = this.#backoff.peek()) {
      this.#backoff.pop();
      this.#active.push(first);
    }
    const { maxUnschedulableMs = 300_000 } = this.#options;
    let nextMs = this.#backoff.peek()?.notBeforeMs ?? Number.POSITIVE_INFINITY;
    for (const [uid, entry] of this.#unschedulable) {
      if (this.#options.preEnqueue(entry.pod).length > 0) continue;
      const dueMs = entry.sinceMs + maxUnschedulableMs;
      if (dueMs > nowMs) {
        // In the order in which they came: no later one is due earlier.
        nextMs = Math.min(nextMs, dueMs);
        break;
      }
      this.#unschedulable.delete(uid);
      this.#active.push(entry);
    }
    if (this.#active.size > 0) this.#wake();
    if (nextMs < Number.POSITIVE_INFINITY && !this.#closed)
      this.#cancelTimer = this.#clock.setTimeout(() => this.#schedule(), nextMs - nowMs);
  }

  #wake(): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.();
  }
}

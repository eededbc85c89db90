import { type Clock, systemClock, type TraceContext } from '@kubelab/runtime';
import type { PodInfo } from '../cluster/pod-info.js';
import { type ClusterEvent, eventLabel, podEvents } from '../cluster-event.js';
import type { QueueOrder } from '../framework.js';
import { EventLog } from './event-log.js';
import { Heap } from './heap.js';
import type { QueuedPod } from './queued-pod.js';
import { UnschedulablePods } from './unschedulable-pods.js';

/** What the plugins have to say of events; see `HintIndex`. */
export interface QueueHints {
  interestedIn(event: ClusterEvent): readonly string[];
  helps(pod: PodInfo, plugin: string, event: ClusterEvent): boolean;
}

export interface QueueOptions {
  readonly hints: QueueHints;
  /** Plugins that keep the pod out, or none. */
  readonly preEnqueue: (pod: PodInfo) => readonly string[];
  /** Which goes first. */
  readonly less: (a: QueueOrder, b: QueueOrder) => boolean;
  readonly clock?: Clock;
  /** Default 1,000 and 10,000, as in Kubernetes. */
  readonly initialBackoffMs?: number;
  readonly maxBackoffMs?: number;
  /** However unhelpful the events, a pod is tried again after this. Default five minutes. */
  readonly maxUnschedulableMs?: number;
  /** Told of every pod that enters a queue. */
  readonly onIncoming?: (queue: 'active' | 'backoff' | 'unschedulable' | 'gated', event: string) => void;
}

const uidOf = ({ pod }: QueuedPod): string => pod.uid;
const earlier = (a: QueuedPod, b: QueuedPod): boolean => a.notBeforeMs < b.notBeforeMs;

/**
 * Pods that wait: active ones in the order of the profile; those that must wait
 * a little before the next attempt; those that no node fits, until an event
 * that can help; and gated ones. A pod is in one of these, or in flight.
 */
export class SchedulingQueue {
  readonly #options: QueueOptions;
  readonly #clock: Clock;
  readonly #active: Heap<QueuedPod>;
  /** Tried early where nothing else is to do: an event has helped these. */
  readonly #backoff = new Heap<QueuedPod>(uidOf, earlier);
  /** Attempts that failed for no fault of the pod: never early. */
  readonly #errorBackoff = new Heap<QueuedPod>(uidOf, earlier);
  readonly #unschedulable = new UnschedulablePods();
  readonly #gated = new Map<string, QueuedPod>();
  /** For the pods being decided, the events that they would else miss. */
  readonly #log = new EventLog();
  #waiter: (() => void) | undefined;
  #cancelTimer: () => void = () => {};
  #timerMs = Number.POSITIVE_INFINITY;
  #closed = false;
  #order = 0;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const { less } = options;
    this.#active = new Heap<QueuedPod>(uidOf, (a, b) => less(a, b) || (a.order < b.order && !less(b, a)));
  }

  get sizes(): Readonly<Record<'active' | 'backoff' | 'unschedulable' | 'gated', number>> {
    return {
      active: this.#active.size,
      backoff: this.#backoff.size + this.#errorBackoff.size,
      unschedulable: this.#unschedulable.size,
      gated: this.#gated.size,
    };
  }

  /** Unschedulable pods by the plugins that rejected them. */
  get unschedulableByPlugin(): ReadonlyMap<string, number> {
    return this.#unschedulable.counts;
  }

  get inFlightEvents(): number {
    return this.#log.size;
  }

  /** A pending pod as it is now: new, or changed while it waits. */
  set(pod: PodInfo, trace: TraceContext | undefined, old?: PodInfo): void {
    const { uid } = pod;
    const changes = old ? podEvents(pod, old, 'UnscheduledPod') : [];
    if (this.#log.has(uid)) {
      // Its attempt goes on with what it saw; if that fails, this change may help.
      for (const event of changes) this.#log.push(event, uid);
      return;
    }
    const present = this.#find(uid);
    const nowMs = this.#clock.now();
    const entry: QueuedPod = present
      ? { ...present, pod, trace: trace ?? present.trace }
      : {
          pod,
          trace,
          sinceMs: nowMs,
          firstMs: nowMs,
          order: this.#order++,
          attempts: 0,
          rejectedBy: new Set(),
          notBeforeMs: 0,
        };
    const gatedBy = this.#options.preEnqueue(pod);
    const wasGated = this.#gated.has(uid);
    if (gatedBy.length > 0) {
      if (!wasGated) this.#incoming('gated', 'PodAdd');
      this.delete(uid);
      this.#gated.set(uid, { ...entry, rejectedBy: new Set(gatedBy) });
    } else if (present === undefined || wasGated) {
      this.#gated.delete(uid);
      this.#activate({ ...entry, rejectedBy: new Set(), sinceMs: nowMs }, wasGated ? 'GatedPodUpdate' : 'PodAdd');
    } else this.#replace(entry, changes);
  }

  /** The pod is gone, or bound. */
  delete(uid: string): void {
    this.#active.remove(uid);
    this.#backoff.remove(uid);
    this.#errorBackoff.remove(uid);
    this.#unschedulable.delete(uid);
    this.#gated.delete(uid);
  }

  /** Whether the pod waits for something to happen, and is not about to be tried. */
  isHeldBack(uid: string): boolean {
    return (this.#unschedulable.get(uid) ?? this.#errorBackoff.get(uid) ?? this.#gated.get(uid)) !== undefined;
  }

  /** The next pod to decide; undefined once closed. It is in flight until `done` or `failed`. */
  async pop(): Promise<QueuedPod | undefined> {
    for (;;) {
      if (this.#closed) return undefined;
      const entry = this.#next();
      if (entry) {
        this.#log.start(entry.pod.uid);
        return { ...entry, attempts: entry.attempts + 1 };
      }
      await new Promise<void>((resolve) => {
        this.#waiter = resolve;
      });
    }
  }

  /** Placed, or no longer there. Events are no longer kept for it. */
  done(uid: string): void {
    this.#log.end(uid);
  }

  /** It must be tried again: after an event that helps what rejected it, or, when nothing did, after a while. */
  failed(entry: QueuedPod, rejectedBy: ReadonlySet<string>): void {
    const { uid } = entry.pod;
    const nowMs = this.#clock.now();
    const next: QueuedPod = {
      ...entry,
      rejectedBy,
      sinceMs: nowMs,
      notBeforeMs: nowMs + this.#backoffMs(entry.attempts),
    };
    const helped = rejectedBy.size > 0 && this.#log.some(uid, (event) => this.#helps(next, event));
    this.#log.end(uid);
    if (rejectedBy.size === 0) {
      this.#errorBackoff.push(next);
      this.#incoming('backoff', 'ScheduleAttemptFailure');
    } else if (helped) this.#requeue(next, 'ScheduleAttemptFailure');
    else {
      this.#unschedulable.set(next);
      this.#incoming('unschedulable', 'ScheduleAttemptFailure');
    }
    this.#schedule();
  }

  /** Wakes the pods that the event may help. */
  notify(event: ClusterEvent): void {
    this.#log.push(event);
    if (this.#unschedulable.size === 0) return;
    let moved = false;
    for (const plugin of this.#options.hints.interestedIn(event))
      for (const uid of [...this.#unschedulable.rejectedBy(plugin)]) {
        const entry = this.#unschedulable.get(uid);
        if (entry === undefined || !this.#options.hints.helps(entry.pod, plugin, event)) continue;
        this.#unschedulable.delete(uid);
        this.#requeue(entry, eventLabel(event));
        moved = true;
      }
    if (moved) this.#schedule();
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer();
    this.#wake();
  }

  #find(uid: string): QueuedPod | undefined {
    return (
      this.#active.get(uid) ??
      this.#backoff.get(uid) ??
      this.#errorBackoff.get(uid) ??
      this.#unschedulable.get(uid) ??
      this.#gated.get(uid)
    );
  }

  #next(): QueuedPod | undefined {
    const active = this.#active.pop();
    if (active) return active;
    const early = this.#backoff.pop();
    if (early) this.#incoming('active', 'PopFromBackoffQ');
    return early;
  }

  /** It stays where it is, unless what changed helps it. */
  #replace(entry: QueuedPod, changes: readonly ClusterEvent[]): void {
    const { uid } = entry.pod;
    if (this.#active.get(uid)) this.#active.push(entry);
    else if (this.#backoff.get(uid)) this.#backoff.push(entry);
    else if (this.#errorBackoff.get(uid)) this.#errorBackoff.push(entry);
    else {
      const helpful = changes.find((event) => this.#helps(entry, event));
      if (helpful === undefined) {
        this.#unschedulable.set(entry);
        return;
      }
      this.#unschedulable.delete(uid);
      this.#requeue(entry, eventLabel(helpful));
      this.#schedule();
    }
  }

  #helps(entry: QueuedPod, event: ClusterEvent): boolean {
    for (const plugin of entry.rejectedBy) if (this.#options.hints.helps(entry.pod, plugin, event)) return true;
    return false;
  }

  #requeue(entry: QueuedPod, event: string): void {
    if (entry.notBeforeMs > this.#clock.now()) {
      this.#backoff.push(entry);
      this.#incoming('backoff', event);
      this.#wake();
    } else this.#activate(entry, event);
  }

  #activate(entry: QueuedPod, event: string): void {
    this.#active.push(entry);
    this.#incoming('active', event);
    this.#wake();
  }

  #incoming(queue: 'active' | 'backoff' | 'unschedulable' | 'gated', event: string): void {
    this.#options.onIncoming?.(queue, event);
  }

  #backoffMs(attempts: number): number {
    const { initialBackoffMs = 1_000, maxBackoffMs = 10_000 } = this.#options;
    return Math.min(initialBackoffMs * 2 ** (attempts - 1), maxBackoffMs);
  }

  /** Moves what is due, and sets the one timer for what comes next. */
  #schedule(): void {
    const nowMs = this.#clock.now();
    for (const heap of [this.#backoff, this.#errorBackoff])
      for (let first = heap.peek(); first && first.notBeforeMs <= nowMs; first = heap.peek()) {
        heap.pop();
        this.#activate(first, 'BackoffComplete');
      }
    const { maxUnschedulableMs = 300_000 } = this.#options;
    for (let oldest = this.#unschedulable.oldest; oldest; oldest = this.#unschedulable.oldest) {
      if (oldest.sinceMs + maxUnschedulableMs > nowMs) break;
      this.#unschedulable.delete(oldest.pod.uid);
      this.#activate(oldest, 'UnschedulableTimeout');
    }
    const nextMs = Math.min(
      this.#backoff.peek()?.notBeforeMs ?? Number.POSITIVE_INFINITY,
      this.#errorBackoff.peek()?.notBeforeMs ?? Number.POSITIVE_INFINITY,
      (this.#unschedulable.oldest?.sinceMs ?? Number.POSITIVE_INFINITY) + maxUnschedulableMs,
    );
    if (nextMs === this.#timerMs) return;
    this.#cancelTimer();
    this.#cancelTimer = () => {};
    this.#timerMs = nextMs;
    if (nextMs === Number.POSITIVE_INFINITY || this.#closed) return;
    this.#cancelTimer = this.#clock.setTimeout(() => {
      this.#timerMs = Number.POSITIVE_INFINITY;
      this.#schedule();
    }, nextMs - nowMs);
  }

  #wake(): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.();
  }
}

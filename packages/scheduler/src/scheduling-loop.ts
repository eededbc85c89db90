import { setImmediate } from 'node:timers/promises';
import { isApiError, isPodTerminal, type Pod } from '@kubelab/api';
import type { ApiClient, Cached, EventRecorder } from '@kubelab/client';
import type { Span, TraceContext } from '@kubelab/runtime';
import type { Logger } from 'pino';
import {
  type BindingOptions,
  bind,
  type Placed,
  permit,
  type Refusal,
  reserve,
  unreserve,
  waitForPermission,
} from './binding/binding-cycle.js';
import type { SchedulerCache } from './cluster/cache.js';
import type { NodeInfo } from './cluster/node-info.js';
import type { Nominator } from './cluster/nominator.js';
import { createPodInfo, type PodInfo } from './cluster/pod-info.js';
import { askExtenders } from './decision/ask-extenders.js';
import type { Cycle } from './decision/cycle.js';
import type { Decider } from './decision/decider.js';
import type { DecisionHistory } from './explain/decision-history.js';
import type { StageTimes } from './explain/stage-times.js';
import type { PostFilterResult, Profile } from './framework.js';
import type { SchedulerMetrics } from './metrics/scheduler-metrics.js';
import { writePendingStatus } from './pod-status-writer.js';
import type { SchedulingQueue } from './queue/queue.js';
import type { QueuedPod } from './queue/queued-pod.js';

export interface SchedulingLoopOptions extends Omit<BindingOptions, 'onExtensionPoint' | 'onPermitWait'> {
  readonly client: ApiClient;
  readonly recorder: EventRecorder;
  readonly cache: SchedulerCache;
  readonly queue: SchedulingQueue;
  readonly nominator: Nominator;
  readonly decider: Decider;
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly metrics: SchedulerMetrics;
  readonly history: DecisionHistory;
  /** Absent: nobody can ask. */
  readonly stages?: StageTimes;
  /** A pod as it is known now, by its key. */
  readonly currentPod: (key: string) => Cached<Pod> | undefined;
  readonly startSpan: (name: string, entry: QueuedPod) => Span;
  readonly log: Logger;
}

/** Bindings in flight at the most; the next decision waits for one of them then. */
const MAX_BINDINGS = 256;
/** Bindings in flight, or pods that wait, from which on there is much to do. */
const BUSY_BINDINGS = 16;
/** Decisions made in a row before answers that have come in are looked at. */
const MAX_TURN_MS = 10;

/** An attempt that came to nothing: because of the pod, or of something else. */
interface Failure {
  readonly reason: 'Unschedulable' | 'SchedulerError';
  readonly message: string;
  /** Empty: nothing rejected it, and it is tried again after a while. */
  readonly rejectedBy: ReadonlySet<string>;
  readonly result?: PostFilterResult | undefined;
}

/** Decides one pod after another, and binds them meanwhile. */
export class SchedulingLoop {
  readonly #options: SchedulingLoopOptions;
  readonly #binding: BindingOptions;
  readonly #underWay = new Set<Promise<void>>();
  #signal: AbortSignal = new AbortController().signal;

  constructor(options: SchedulingLoopOptions) {
    this.#options = options;
    const { metrics, extenders, waiting } = options;
    this.#binding = {
      extenders,
      waiting,
      onExtensionPoint: (profile, point, status, ms) => metrics.extensionPoint(profile, point, status, ms / 1_000),
      onPermitWait: (result, ms) => metrics.permitWait(result, ms / 1_000),
    };
  }

  /** Whether pods wait for their turn, or many bindings for their answers: what can be put off should be. */
  get isBusy(): boolean {
    return this.#underWay.size >= BUSY_BINDINGS || this.#options.queue.sizes.active >= BUSY_BINDINGS;
  }

  /** Ends once the queue is closed and every binding has been answered. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    const { queue } = this.#options;
    signal.addEventListener('abort', () => queue.close(), { once: true });
    if (signal.aborted) queue.close();
    let turnMs = performance.now();
    for (let entry = await queue.pop(); entry; entry = await queue.pop()) {
      const waited = this.#schedule(entry);
      if (waited !== undefined) await waited;
      if (this.#underWay.size >= MAX_BINDINGS) await Promise.race(this.#underWay);
      if (performance.now() - turnMs < MAX_TURN_MS) continue;
      await setImmediate();
      turnMs = performance.now();
    }
    await Promise.all(this.#underWay);
  }

  /** Resolves once the pod is decided, where that takes more than the cache. */
  #schedule(entry: QueuedPod): Promise<void> | undefined {
    const { profiles, cache, queue, decider, startSpan, extenders } = this.#options;
    const { pod } = entry;
    const profile = profiles.get(pod.pod.spec?.schedulerName ?? '');
    if (profile === undefined || cache.isPlaced(pod.uid)) {
      queue.done(pod.uid);
      return undefined;
    }
    const startMs = performance.now();
    const span = startSpan('schedule pod', entry);
    let cycle: Cycle;
    try {
      cycle = decider.filter(profile, pod);
      const interested = extenders.length > 0 && extenders.some((each) => each.isInterested(pod));
      if (cycle.feasible.length > 0 && !interested) {
        this.#place(entry, cycle, decider.choose(cycle) as NodeInfo, span, startMs);
        return undefined;
      }
    } catch (error) {
      this.#fail(entry, profile, failureOf(error), span, startMs);
      return undefined;
    }
    return this.#scheduleSlowly(entry, cycle, span, startMs);
  }

  /** With extenders, or where no node fits. Nothing else is decided meanwhile. */
  async #scheduleSlowly(entry: QueuedPod, cycle: Cycle, span: Span, startMs: number): Promise<void> {
    const { decider, extenders, history } = this.#options;
    try {
      const extra = await askExtenders(cycle, extenders, this.#options.log);
      const node = decider.choose(cycle, extra);
      if (node) {
        this.#place(entry, cycle, node, span, startMs);
        return;
      }
      const result = await this.#postFilter(cycle);
      const { message, rejectedBy } = cycle;
      this.#observe(cycle, startMs);
      history.record(cycle, { attempt: entry.attempts, message, preemption: result?.reasoning });
      this.#fail(entry, cycle.profile, { reason: 'Unschedulable', message, rejectedBy, result }, span, startMs, cycle);
    } catch (error) {
      this.#fail(entry, cycle.profile, failureOf(error), span, startMs);
    }
  }

  async #postFilter(cycle: Cycle): Promise<PostFilterResult | undefined> {
    const { metrics } = this.#options;
    const { profile, state, pod } = cycle;
    if (profile.postFilter.length === 0 || cycle.nodes.length === 0) return undefined;
    const startMs = performance.now();
    const messages: string[] = [];
    let result: PostFilterResult | undefined;
    for (const plugin of profile.postFilter) {
      metrics.preemptionAttempt();
      const answer = await plugin.postFilter?.(state, pod, cycle);
      if (answer?.message) messages.push(answer.message);
      if (answer === undefined) continue;
      result = answer;
      if (answer.nominatedNode) break;
    }
    cycle.postFilterMessage = messages.join(', ');
    cycle.times.PostFilter = performance.now() - startMs;
    return result;
  }

  #place(entry: QueuedPod, cycle: Cycle, node: NodeInfo, span: Span, startMs: number): void {
    const { cache, nominator, history, queue } = this.#options;
    const { pod, profile, state } = cycle;
    const placed: Placed = { pod, profile, state, node };
    this.#observe(cycle, startMs);
    span.setAttribute('node', node.name);
    span.setAttribute('feasibleNodes', cycle.feasible.length);
    history.record(cycle, { attempt: entry.attempts, node: node.name });
    const annotations = history.annotationsFor(pod);
    cache.assume(pod, node.name);
    nominator.delete(pod.uid);
    this.#options.stages?.decided(pod.key, entry.firstMs, entry.attempts);
    const refusal = reserve(placed, this.#binding);
    const waits = refusal ?? permit(placed);
    if (isRefusal(waits)) {
      if (refusal === undefined) unreserve(placed);
      cache.forget(pod.uid);
      this.#refuse(entry, profile, waits, span, startMs);
      return;
    }
    if (waits.size === 0) queue.done(pod.uid);
    this.#track(this.#bind(entry, placed, waits, annotations, span, startMs));
  }

  async #bind(
    entry: QueuedPod,
    placed: Placed,
    waits: ReadonlyMap<string, number>,
    annotations: Readonly<Record<string, string>> | undefined,
    span: Span,
    startMs: number,
  ): Promise<void> {
    const { queue, recorder, metrics, log } = this.#options;
    const { pod, profile, node } = placed;
    const trace = span.context ?? entry.trace;
    try {
      const permission = await waitForPermission(placed, waits, this.#binding, this.#signal);
      if (permission) {
        this.#takeBack(placed);
        const rejection = { reasons: [permission.reason], unresolvable: false };
        this.#refuse(entry, profile, { plugin: permission.plugin, rejection }, span, startMs);
        return;
      }
      // What fails from here on is not for want of a node: no event would help.
      if (waits.size > 0) queue.done(pod.uid);
      const refusal = await bind(placed, this.#binding, { annotations, trace }, this.#signal);
      if (refusal) {
        this.#takeBack(placed);
        this.#refuse(entry, profile, refusal, span, startMs);
        return;
      }
      metrics.attempt(profile.schedulerName, 'scheduled', (performance.now() - startMs) / 1_000);
      metrics.podScheduled(entry.attempts, (Date.now() - entry.firstMs) / 1_000);
      log.debug({ key: pod.key, node: node.name, traceId: trace?.traceId }, 'bound');
      recorder.event(pod.pod, 'Normal', 'Scheduled', `Successfully assigned ${pod.key} to ${node.name}`, trace);
      span.end();
    } catch (error) {
      this.#takeBack(placed);
      if (isApiError(error, 'NotFound')) {
        span.end({ error });
        return;
      }
      log.warn({ key: pod.key, node: node.name, error }, 'the pod could not be bound');
      const failure = { ...failureOf(error), message: `binding rejected: ${messageOf(error)}` };
      this.#fail(entry, profile, failure, span, startMs);
    }
  }

  #takeBack(placed: Placed): void {
    unreserve(placed);
    this.#options.cache.forget(placed.pod.uid);
  }

  #refuse(entry: QueuedPod, profile: Profile, { plugin, rejection }: Refusal, span: Span, startMs: number): void {
    const message = rejection.reasons.join(', ');
    const failure: Failure = rejection.isError
      ? { reason: 'SchedulerError', message: `running plugin "${plugin}": ${message}`, rejectedBy: new Set() }
      : { reason: 'Unschedulable', message, rejectedBy: new Set([plugin]) };
    this.#fail(entry, profile, failure, span, startMs);
  }

  #fail(entry: QueuedPod, profile: Profile, failure: Failure, span: Span, startMs: number, cycle?: Cycle): void {
    const { metrics, recorder, log, nominator, history } = this.#options;
    const { pod } = entry;
    const { reason, message, result } = failure;
    const trace = span.context ?? entry.trace;
    const status = reason === 'Unschedulable' ? 'unschedulable' : 'error';
    metrics.attempt(profile.schedulerName, status, (performance.now() - startMs) / 1_000);
    log.info({ key: pod.key, message }, reason === 'Unschedulable' ? 'no node fits' : 'the attempt failed');
    recorder.event(pod.pod, 'Warning', 'FailedScheduling', message, trace);
    span.setAttribute('message', message);
    span.end();
    if (result?.nominatedNode) nominator.set(pod, result.nominatedNode);
    else if (result?.nominatedNode === '') nominator.delete(pod.uid);
    const annotations = cycle ? history.annotationsFor(pod) : undefined;
    this.#track(this.#afterFailure(entry, failure, annotations, trace));
  }

  async #afterFailure(
    entry: QueuedPod,
    { reason, message, result, rejectedBy }: Failure,
    annotations: Readonly<Record<string, string>> | undefined,
    trace: TraceContext | undefined,
  ): Promise<void> {
    const { client, log } = this.#options;
    const status = { reason, message, nominatedNode: result?.nominatedNode, annotations };
    if (result?.work === undefined) {
      // What helps may happen at once: it waits from now on.
      this.#requeue(entry, rejectedBy);
      await writePendingStatus(client, entry.pod.pod, status, trace, log);
      return;
    }
    await writePendingStatus(client, entry.pod.pod, status, trace, log);
    try {
      await result.work(this.#signal);
      this.#requeue(entry, rejectedBy);
    } catch (error) {
      log.warn({ key: entry.pod.key, error }, 'no room could be made');
      this.#options.nominator.delete(entry.pod.uid);
      this.#requeue(entry, new Set());
    }
  }

  /** As the pod is now; one that is gone, or has been placed by another, is not tried again. */
  #requeue(entry: QueuedPod, rejectedBy: ReadonlySet<string>): void {
    const { queue, currentPod, nominator, cache } = this.#options;
    const { pod } = entry;
    const current = currentPod(pod.key);
    const isPending =
      current?.metadata.uid === pod.uid &&
      !current.spec?.nodeName &&
      current.metadata.deletionTimestamp === undefined &&
      !isPodTerminal(current);
    if (!isPending || cache.isPlaced(pod.uid)) {
      queue.done(pod.uid);
      nominator.delete(pod.uid);
      return;
    }
    queue.failed({ ...entry, pod: refresh(pod, current) }, rejectedBy);
  }

  #observe(cycle: Cycle, startMs: number): void {
    const { metrics } = this.#options;
    const { schedulerName } = cycle.profile;
    metrics.algorithm((performance.now() - startMs) / 1_000);
    const status = cycle.feasible.length > 0 ? 'Success' : 'Unschedulable';
    for (const point in cycle.times) {
      const isSearch = point === 'PreFilter' || point === 'Filter';
      metrics.extensionPoint(schedulerName, point, isSearch ? status : 'Success', (cycle.times[point] ?? 0) / 1_000);
    }
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }
}

const isRefusal = (value: Refusal | ReadonlyMap<string, number>): value is Refusal => 'rejection' in value;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const failureOf = (error: unknown): Failure => ({
  reason: 'SchedulerError',
  message: messageOf(error),
  rejectedBy: new Set(),
});

function refresh(pod: PodInfo, current: Cached<Pod>): PodInfo {
  return current.metadata.resourceVersion === pod.pod.metadata.resourceVersion ? pod : createPodInfo(current);
}

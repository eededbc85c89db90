import { isApiError, type Pod, parseKey, pods } from '@kubelab/api';
import type { ApiClient, EventRecorder } from '@kubelab/client';
import type { ComponentContext, Span, TraceContext } from '@kubelab/runtime';
import type { SchedulerCache } from './cache.js';
import type { Decider, Decision } from './decide.js';
import type { Profile } from './framework.js';
import type { QueuedPod, SchedulingQueue } from './queue.js';
import type { SchedulerMetrics } from './scheduler-metrics.js';

export interface SchedulingLoopOptions {
  readonly client: ApiClient;
  readonly recorder: EventRecorder;
  readonly cache: SchedulerCache;
  readonly queue: SchedulingQueue;
  readonly decider: Decider;
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly metrics: SchedulerMetrics;
  readonly tracer: ComponentContext['tracer'];
  readonly log: ComponentContext['log'];
}

/** Bindings in flight at the most; the next decision waits for one of them then. */
const MAX_BINDINGS = 128;

/** Decides one pod after another, and binds them meanwhile. */
export class SchedulingLoop {
  readonly #options: SchedulingLoopOptions;
  readonly #bindings = new Set<Promise<void>>();

  constructor(options: SchedulingLoopOptions) {
    this.#options = options;
  }

  /** Ends once the queue is closed and every binding has been answered. */
  async run(signal: AbortSignal): Promise<void> {
    const { queue } = this.#options;
    signal.addEventListener('abort', () => queue.close(), { once: true });
    if (signal.aborted) queue.close();
    for (let entry = await queue.pop(); entry; entry = await queue.pop()) {
      this.#scheduleOne(entry);
      if (this.#bindings.size >= MAX_BINDINGS) await Promise.race(this.#bindings);
    }
    await Promise.all(this.#bindings);
  }

  #scheduleOne(entry: QueuedPod): void {
    const { profiles, cache, decider, tracer, metrics } = this.#options;
    const { pod } = entry;
    const profile = profiles.get(pod.pod.spec?.schedulerName ?? '');
    if (profile === undefined || cache.isPlaced(pod.uid)) {
      this.#options.queue.done(pod.uid);
      return;
    }
    const span = tracer.startSpan('schedule pod', {
      parent: entry.trace,
      attributes: { object: `pods/${pod.key}`, attempt: entry.attempts },
    });
    const startMs = performance.now();
    const decision = decider.decide(profile, pod);
    metrics.algorithmSeconds.observe((performance.now() - startMs) / 1_000);
    if (decision.node === undefined) {
      metrics.attempts.inc({ result: 'unschedulable', profile: profile.schedulerName });
      this.#track(this.#reject(entry, decision, span));
      return;
    }
    span.setAttribute('node', decision.node);
    span.setAttribute('feasibleNodes', decision.feasible);
    cache.assume(pod, decision.node);
    this.#track(this.#bind(entry, decision.node, profile, span));
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#bindings.delete(tracked));
    this.#bindings.add(tracked);
  }

  async #bind(entry: QueuedPod, node: string, profile: Profile, span: Span): Promise<void> {
    const { client, cache, queue, recorder, metrics, log } = this.#options;
    const { pod } = entry;
    const trace = span.context ?? entry.trace;
    const { namespace, name } = parseKey(pod.key);
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { namespace, name, uid: pod.uid },
      target: { apiVersion: 'v1', kind: 'Node', name: node },
    };
    try {
      await client.createSubresource(pods, { namespace, name }, 'binding', binding, { trace });
      queue.done(pod.uid);
      metrics.attempts.inc({ result: 'scheduled', profile: profile.schedulerName });
      metrics.sliSeconds.observe((Date.now() - Date.parse(pod.pod.metadata.creationTimestamp)) / 1_000);
      log.info({ key: pod.key, node, traceId: trace?.traceId }, 'bound');
      recorder.event(pod.pod, 'Normal', 'Scheduled', `Successfully assigned ${pod.key} to ${node}`, trace);
      span.end();
    } catch (error) {
      cache.forget(pod.uid);
      span.end({ error });
      if (isApiError(error, 'NotFound')) {
        queue.done(pod.uid);
        return;
      }
      // A Conflict means that it changed or is bound already: its informer will say which.
      metrics.attempts.inc({ result: 'error', profile: profile.schedulerName });
      log.warn({ key: pod.key, node, error }, 'the pod could not be bound');
      recorder.event(pod.pod, 'Warning', 'FailedScheduling', `binding rejected: ${messageOf(error)}`, trace);
      queue.failed(entry, new Set());
    }
  }

  async #reject(entry: QueuedPod, decision: Extract<Decision, { node: undefined }>, span: Span): Promise<void> {
    const { queue, recorder, log } = this.#options;
    const { pod } = entry;
    const trace = span.context ?? entry.trace;
    log.info({ key: pod.key, message: decision.message }, 'no node fits');
    recorder.event(pod.pod, 'Warning', 'FailedScheduling', decision.message, trace);
    span.setAttribute('message', decision.message);
    span.end();
    queue.failed(entry, decision.rejectedBy);
    await this.#writeCondition(pod.pod, decision.message, trace);
  }

  async #writeCondition(pod: QueuedPod['pod']['pod'], message: string, trace: TraceContext | undefined): Promise<void> {
    const { client, log } = this.#options;
    const present = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    if (present?.status === 'False' && present.message === message) return;
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastTransitionTime: present?.status === 'False' ? present.lastTransitionTime : now,
    };
    const { namespace = '', name } = pod.metadata;
    const patch = { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } };
    try {
      await client.patch<Pod>(pods, { namespace, name }, 'strategic', patch, { subresource: 'status', trace });
    } catch (error) {
      // The pod is gone or another; the next attempt writes it anew.
      log.debug({ key: `${namespace}/${name}`, error }, 'the condition was not written');
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

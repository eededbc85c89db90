import { randomInt } from 'node:crypto';
import { type Event, events, isApiError, type KubernetesObject, type ObjectReference } from '@kubelab/api';
import {
  type Clock,
  counterIn,
  createBackoff,
  gaugeIn,
  type MetricsRegistry,
  sleep,
  systemClock,
  type TraceContext,
} from '@kubelab/runtime';
import type { Logger } from 'pino';
import type { ApiClient } from './api-client.js';
import { createEventCorrelator, type Occurrence } from './event-correlator.js';
import { createEventQueue } from './event-queue.js';
import type { Cached } from './informer.js';

/** What the event is about. A reference may name a part of an object, `spec.containers{nginx}`, in `fieldPath`. */
export type EventTarget = Cached<KubernetesObject> | KubernetesObject | ObjectReference;

export interface EventRecorder {
  /**
   * Records that something happened to the object. Returns at once, never
   * throws; the event is written as soon as may be, and dropped (with a line in
   * the log) where the queue is full or the apiserver stays away for a minute.
   */
  event(target: EventTarget, type: 'Normal' | 'Warning', reason: string, message: string, trace?: TraceContext): void;
  /** Resolves when what has been recorded is written or dropped. */
  flush(): Promise<void>;
}

/** A recorder for what happens on many hosts. */
export interface SharedEventRecorder extends EventRecorder {
  /** The same recorder, for events of another host than its own. */
  onHost(host: string): Pick<EventRecorder, 'event'>;
}

export interface EventRecorderOptions {
  readonly client: Pick<ApiClient, 'create' | 'patch'>;
  /** `kubelet`: the event's source. */
  readonly component: string;
  /** The node that it happened on, where that says something. */
  readonly host?: string;
  readonly log: Logger;
  /** Ends what is being retried. */
  readonly signal?: AbortSignal;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** How many objects' events are written at a time; those of one object keep their order. Default 8. */
  readonly concurrency?: number;
  /** How much may wait, about 600 bytes each. Default 8 MiB: more than ten times what a full node makes at once. */
  readonly capacityBytes?: number;
  /** Whether something more urgent is under way: events are written one at a time then, while there is room for them to wait. */
  readonly isBusy?: () => boolean;
  /** Gets `kubelab_events_waiting` and `kubelab_events_dropped_total`, which all recorders of a process share. */
  readonly metrics?: MetricsRegistry;
  /** Beyond it events are dropped. Default: no limit. */
  readonly limit?: { readonly perSecond: number; readonly burst: number };
}

const DEFAULT_CONCURRENCY = 8;
const DEFAULT_CAPACITY_BYTES = 8 * 1024 * 1024;
/** After an event while something more urgent is under way: at most 50 a second are written then. */
const BUSY_PAUSE_MS = 20;
const MAX_ATTEMPTS = 12;
const TRANSIENT = ['ServiceUnavailable', 'Timeout', 'ServerTimeout', 'TooManyRequests', 'InternalError'] as const;

/**
 * Writes core/v1 Events as Kubernetes' recorder does: the same event again adds
 * to `count` and moves `lastTimestamp`; similar ones are combined; an object
 * that has too many gets no more for a while.
 */
export function createEventRecorder(options: EventRecorderOptions): SharedEventRecorder {
  const { client, component, log, signal, clock = systemClock } = options;
  const { concurrency = DEFAULT_CONCURRENCY, capacityBytes = DEFAULT_CAPACITY_BYTES, limit } = options;
  const correlator = createEventCorrelator();
  const isWithinLimit = limit === undefined ? () => true : createTokenBucket(limit, clock);
  const count = countersIn(options.metrics);
  let dropped = 0;

  const createEvent = async (occurrence: Occurrence, times: number, firstTimestamp: string): Promise<void> => {
    const { reference, type, reason, message, trace, host } = occurrence;
    const namespace = reference.namespace || 'default';
    const event: Event = {
      metadata: { namespace, name: nextEventName(reference.name ?? '', clock) },
      involvedObject: reference,
      type,
      reason,
      message,
      source: { component, ...(host === undefined ? {} : { host }) },
      reportingComponent: component,
      reportingInstance: host ?? '',
      count: times,
      firstTimestamp,
      lastTimestamp: timestamp(occurrence.timeMs),
    };
    const created = await client.create(events, event, { trace, signal });
    correlator.written(occurrence, { namespace, name: created.metadata.name, count: times, firstTimestamp });
  };

  const write = async (occurrence: Occurrence): Promise<void> => {
    const { trace, message } = occurrence;
    const previous = correlator.previous(occurrence);
    if (!previous) return createEvent(occurrence, 1, timestamp(occurrence.timeMs));
    const times = previous.count + 1;
    try {
      const patch = { count: times, message, lastTimestamp: timestamp(occurrence.timeMs) };
      await client.patch(events, previous, 'merge', patch, { trace, signal });
      correlator.written(occurrence, { ...previous, count: times });
    } catch (error) {
      // It has expired since.
      if (!isApiError(error, 'NotFound')) throw error;
      await createEvent(occurrence, times, previous.firstTimestamp);
    }
  };

  const writeWithRetries = async (occurrence: Occurrence): Promise<void> => {
    const backoff = createBackoff({ initialMs: 100, maxMs: 10_000 });
    for (;;) {
      try {
        return await write(occurrence);
      } catch (error) {
        if (signal?.aborted) return;
        if (backoff.attempts + 1 >= MAX_ATTEMPTS || !isApiError(error, ...TRANSIENT)) {
          // A namespace that is being deleted takes no more events.
          const level = isApiError(error, 'Forbidden', 'NotFound') ? 'debug' : 'warn';
          const { reason, message, reference } = occurrence;
          count.dropped('refused');
          log[level]({ error, reason, message, kind: reference.kind, name: reference.name }, 'an event is lost');
          return;
        }
      }
      try {
        await sleep(backoff.next(), signal, clock);
      } catch {
        // Only the signal ends it early, and then nothing more is to be written.
        return;
      }
    }
  };

  const queue = createEventQueue({
    capacityBytes,
    concurrency,
    isBusy: options.isBusy ?? (() => false),
    pause: () => sleep(BUSY_PAUSE_MS, signal, clock).catch(() => undefined),
    // What is combined, or too much of an object, is found out as late as may be: whoever records does not wait for it.
    write: async (occurrence) => {
      const admitted = correlator.admit(occurrence);
      if (!admitted) count.dropped('too_many_of_object');
      else if (!signal?.aborted) await writeWithRetries(admitted);
      count.left();
    },
    onIdle: () => {
      if (dropped === 0) return;
      log.warn({ dropped }, 'events were dropped: too many came at once');
      dropped = 0;
    },
  });

  const record = (host: string | undefined, ...[target, type, reason, message, trace]: EventArguments): void => {
    if (signal?.aborted) return;
    const lost = (why: DropReason): void => {
      dropped += 1;
      count.dropped(why);
    };
    if (!isWithinLimit()) {
      lost('rate');
      return;
    }
    const reference = referenceTo(target);
    count.came();
    if (queue.push({ reference, type, reason, message, trace, host, timeMs: clock.now() })) return;
    count.left();
    lost('no_room');
  };

  return {
    event: (...event) => record(options.host, ...event),
    onHost: (host) => ({ event: (...event) => record(host, ...event) }),
    flush: () => queue.idle(),
  };
}

type EventArguments = Parameters<EventRecorder['event']>;
/** Why an event is not written: no room to wait, the recorder's limit, its object's, or the apiserver. */
type DropReason = 'no_room' | 'rate' | 'too_many_of_object' | 'refused';

function countersIn(registry: MetricsRegistry | undefined) {
  if (registry === undefined) return { came: () => {}, left: () => {}, dropped: () => {} };
  const waiting = gaugeIn(registry, {
    name: 'kubelab_events_waiting',
    help: 'Events that have been recorded and not been written yet.',
  });
  const dropped = counterIn(registry, {
    name: 'kubelab_events_dropped_total',
    help: 'Events that were not written, by why.',
    labelNames: ['reason'],
  });
  return {
    came: () => waiting.inc(),
    left: () => waiting.dec(),
    dropped: (reason: DropReason) => dropped.inc({ reason }),
  };
}

/** Whether one more may pass now: `burst` at once, `perSecond` in the long run. */
function createTokenBucket(
  { perSecond, burst }: NonNullable<EventRecorderOptions['limit']>,
  clock: Clock,
): () => boolean {
  let tokens = burst;
  let filledAtMs = clock.now();
  return () => {
    const nowMs = clock.now();
    tokens = Math.min(burst, tokens + ((nowMs - filledAtMs) / 1000) * perSecond);
    filledAtMs = nowMs;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}

function referenceTo(target: EventTarget): ObjectReference {
  if (!('metadata' in target) || !target.metadata) return { ...(target as ObjectReference) };
  const { apiVersion, kind, metadata } = target as KubernetesObject;
  const { namespace, name, uid, resourceVersion } = metadata ?? {};
  return { apiVersion, kind, namespace, name, uid, resourceVersion };
}

/** Within the millisecond, so that two processes hardly ever choose the same. */
const processNanoseconds = BigInt(randomInt(1_000_000));
let lastNanoseconds = 0n;

/**
 * `NAME.HEX`, the hexadecimal being nanoseconds, made to differ within the
 * millisecond that the clock tells, whichever of the process's recorders asks:
 * two controllers often have something to say of the same object at once.
 */
function nextEventName(name: string, clock: Clock): string {
  const now = BigInt(Math.floor(clock.now())) * 1_000_000n + processNanoseconds;
  lastNanoseconds = now > lastNanoseconds ? now : lastNanoseconds + 1n;
  return `${name}.${lastNanoseconds.toString(16)}`;
}

/** RFC 3339 with whole seconds: Kubernetes' Time. */
function timestamp(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
}

import { type Event, events, isApiError, type KubernetesObject, type ObjectReference } from '@kubelab/api';
import { type Clock, createBackoff, sleep, systemClock, type TraceContext } from '@kubelab/runtime';
import type { Logger } from 'pino';
import type { ApiClient } from './api-client.js';
import { createEventCorrelator, type Occurrence } from './event-correlator.js';
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
}

/** Events that may wait; a burst of 1,000 is twice what a full node makes at once. */
const CAPACITY = 1_000;
const MAX_ATTEMPTS = 12;
const TRANSIENT = ['ServiceUnavailable', 'Timeout', 'ServerTimeout', 'TooManyRequests', 'InternalError'] as const;

/**
 * Writes core/v1 Events as Kubernetes' recorder does: the same event again adds
 * to `count` and moves `lastTimestamp`; similar ones are combined; an object
 * that has too many gets no more for a while.
 */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { client, component, host, log, signal, clock = systemClock } = options;
  const correlator = createEventCorrelator({ clock });
  const nextName = createEventNames(clock);
  const source = { component, ...(host === undefined ? {} : { host }) };
  let waiting: Occurrence[] = [];
  let draining: Promise<void> | undefined;
  let dropped = 0;

  const createEvent = async (occurrence: Occurrence, count: number, firstTimestamp: string): Promise<void> => {
    const { reference, type, reason, message, trace } = occurrence;
    const namespace = reference.namespace || 'default';
    const event: Event = {
      metadata: { namespace, name: nextName(reference.name ?? '') },
      involvedObject: reference,
      type,
      reason,
      message,
      source,
      reportingComponent: component,
      reportingInstance: host ?? '',
      count,
      firstTimestamp,
      lastTimestamp: timestamp(occurrence.timeMs),
    };
    const created = await client.create(events, event, { trace, signal });
    correlator.written(occurrence, { namespace, name: created.metadata.name, count, firstTimestamp });
  };

  const write = async (occurrence: Occurrence): Promise<void> => {
    const { trace, message } = occurrence;
    const previous = correlator.previous(occurrence);
    if (!previous) return createEvent(occurrence, 1, timestamp(occurrence.timeMs));
    const count = previous.count + 1;
    try {
      const patch = { count, message, lastTimestamp: timestamp(occurrence.timeMs) };
      await client.patch(events, previous, 'merge', patch, { trace, signal });
      correlator.written(occurrence, { ...previous, count });
    } catch (error) {
      // It has expired since.
      if (!isApiError(error, 'NotFound')) throw error;
      await createEvent(occurrence, count, previous.firstTimestamp);
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

  const drain = async (): Promise<void> => {
    for (let next = waiting.shift(); next && !signal?.aborted; next = waiting.shift()) await writeWithRetries(next);
    if (dropped > 0) log.warn({ dropped }, 'events were dropped: too many were waiting');
    dropped = 0;
    waiting = [];
    draining = undefined;
  };

  return {
    event(target, type, reason, message, trace) {
      if (signal?.aborted) return;
      const occurrence = correlator.admit({
        reference: referenceTo(target),
        type,
        reason,
        message,
        trace,
        timeMs: clock.now(),
      });
      if (!occurrence) return;
      if (waiting.length >= CAPACITY) {
        dropped += 1;
        return;
      }
      waiting.push(occurrence);
      draining ??= drain();
    },
    flush: () => draining ?? Promise.resolve(),
  };
}

function referenceTo(target: EventTarget): ObjectReference {
  if (!('metadata' in target) || !target.metadata) return { ...(target as ObjectReference) };
  const { apiVersion, kind, metadata } = target as KubernetesObject;
  const { namespace, name, uid, resourceVersion } = metadata ?? {};
  return { apiVersion, kind, namespace, name, uid, resourceVersion };
}

/** `NAME.HEX`, the hexadecimal being nanoseconds, made to differ within the millisecond that the clock tells. */
function createEventNames(clock: Clock): (name: string) => string {
  let last = 0n;
  return (name) => {
    const now = BigInt(Math.floor(clock.now())) * 1_000_000n;
    last = now > last ? now : last + 1n;
    return `${name}.${last.toString(16)}`;
  };
}

/** RFC 3339 with whole seconds: Kubernetes' Time. */
function timestamp(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
}

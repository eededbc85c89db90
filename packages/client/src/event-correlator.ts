import type { ObjectReference } from '@kubelab/api';
import type { TraceContext } from '@kubelab/runtime';
import { createLruMap } from './lru-map.js';

/** Something that happened once. */
export interface Occurrence {
  readonly reference: ObjectReference;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly trace: TraceContext | undefined;
  /** Where it happened. */
  readonly host: string | undefined;
  readonly timeMs: number;
}

/** The Event that occurrences of a kind have been written to. */
interface WrittenEvent {
  readonly namespace: string;
  readonly name: string;
  readonly count: number;
  readonly firstTimestamp: string;
}

interface EventCorrelator {
  /** The occurrence as it is to be written; undefined where its object has had too many. */
  admit(occurrence: Occurrence): Occurrence | undefined;
  /** The Event that this occurrence adds to. */
  previous(occurrence: Occurrence): WrittenEvent | undefined;
  written(occurrence: Occurrence, event: WrittenEvent): void;
}

// Kubernetes' own figures (client-go, tools/record): a burst of 25 events an
// object, then one every 5 minutes; 10 similar ones within 10 minutes are combined.
const CACHE_SIZE = 4_096;
const BURST = 25;
const REFILL_MS = 300_000;
const MAX_SIMILAR = 10;
const SIMILAR_WINDOW_MS = 600_000;
const COMBINED_PREFIX = '(combined from similar events): ';

export function createEventCorrelator(): EventCorrelator {
  const buckets = createLruMap<string, { tokens: number; filledAtMs: number }>(CACHE_SIZE);
  const similar = createLruMap<string, { messages: Set<string>; lastMs: number }>(CACHE_SIZE);
  const eventsWritten = createLruMap<string, WrittenEvent>(CACHE_SIZE);

  const mayWrite = (key: string, nowMs: number): boolean => {
    const bucket = buckets.get(key) ?? { tokens: BURST, filledAtMs: nowMs };
    const tokens = Math.min(BURST, bucket.tokens + (nowMs - bucket.filledAtMs) / REFILL_MS);
    const allowed = tokens >= 1;
    buckets.set(key, { tokens: allowed ? tokens - 1 : tokens, filledAtMs: nowMs });
    return allowed;
  };

  const combine = (occurrence: Occurrence): Occurrence => {
    const key = similarityKey(occurrence);
    const present = similar.get(key);
    const fresh = present !== undefined && occurrence.timeMs - present.lastMs <= SIMILAR_WINDOW_MS;
    const messages = fresh ? present.messages : new Set<string>();
    similar.set(key, { messages, lastMs: occurrence.timeMs });
    if (messages.size < MAX_SIMILAR) messages.add(occurrence.message);
    if (messages.has(occurrence.message) && messages.size < MAX_SIMILAR) return occurrence;
    return { ...occurrence, message: COMBINED_PREFIX + occurrence.message };
  };

  return {
    admit(occurrence) {
      const combined = combine(occurrence);
      return mayWrite(objectKey(occurrence.reference), occurrence.timeMs) ? combined : undefined;
    },
    previous: (occurrence) => eventsWritten.get(writtenKey(occurrence)),
    written: (occurrence, event) => eventsWritten.set(writtenKey(occurrence), event),
  };
}

function objectKey({ kind, namespace, name, uid, apiVersion }: ObjectReference): string {
  return [apiVersion, kind, namespace, name, uid].join('\0');
}

function similarityKey({ reference, type, reason }: Occurrence): string {
  return [objectKey(reference), reference.fieldPath, type, reason].join('\0');
}

/** Combined events share one Event whatever they say. */
function writtenKey(occurrence: Occurrence): string {
  const { message } = occurrence;
  return [similarityKey(occurrence), message.startsWith(COMBINED_PREFIX) ? COMBINED_PREFIX : message].join('\0');
}

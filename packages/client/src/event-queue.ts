import type { Occurrence } from './event-correlator.js';

interface EventQueueOptions {
  /** How much may wait, as estimated: see `sizeOf`. */
  readonly capacityBytes: number;
  /** How many objects' events are written at a time. */
  readonly concurrency: number;
  /** Whether what matters more is under way. */
  readonly isBusy: () => boolean;
  /** Waits a little; never rejects. */
  readonly pause: () => Promise<void>;
  /** Never rejects. */
  readonly write: (occurrence: Occurrence) => Promise<void>;
  /** Nothing waits any more. */
  readonly onIdle: () => void;
}

interface EventQueue {
  /** False where there is no room. */
  push(occurrence: Occurrence): boolean;
  /** Resolves when nothing waits and nothing is being written. */
  idle(): Promise<void>;
}

/** An occurrence with its reference, beside its texts: seven fields, a time, and what holds them. */
const OVERHEAD_BYTES = 400;
/** Places of the list that are behind its head before it is shortened. */
const MAX_BEHIND = 1_024;

/**
 * Events that wait to be written: several objects' at a time, those of one
 * object one after the other. While what matters more is under way, one at a
 * time is written with a pause after it, as long as less than half of the room
 * is taken; then ever more, so that nothing need be lost.
 */
export function createEventQueue(options: EventQueueOptions): EventQueue {
  const { capacityBytes, concurrency, isBusy, pause, write, onIdle } = options;
  let waiting: Occurrence[] = [];
  let head = 0;
  let bytes = 0;
  /** Objects of which an event is being written, with what waits behind it. */
  const writing = new Map<string, Occurrence[]>();
  let idlers: (() => void)[] = [];

  /** From 0 to 1, while more than half of the room is taken. */
  const pressure = (): number => Math.max(0, (2 * bytes) / capacityBytes - 1);
  const allowed = (): number => (isBusy() ? 1 + Math.floor((concurrency - 1) * pressure()) : concurrency);

  const next = (): Occurrence | undefined => {
    const occurrence = waiting[head];
    if (occurrence === undefined) return undefined;
    head += 1;
    if (head > MAX_BEHIND && head * 2 > waiting.length) {
      waiting = waiting.slice(head);
      head = 0;
    }
    return occurrence;
  };

  const start = (): void => {
    while (writing.size < concurrency && head < waiting.length && writing.size < allowed()) {
      const occurrence = next() as Occurrence;
      const key = objectOf(occurrence);
      const behind = writing.get(key);
      if (behind) behind.push(occurrence);
      else {
        writing.set(key, [occurrence]);
        void writeAllOf(key);
      }
    }
  };

  const writeAllOf = async (key: string): Promise<void> => {
    const own = writing.get(key) ?? [];
    for (let occurrence = own[0]; occurrence; occurrence = own[0]) {
      await write(occurrence);
      own.shift();
      bytes -= sizeOf(occurrence);
      if (pressure() === 0 && isBusy()) await pause();
    }
    writing.delete(key);
    start();
    if (writing.size > 0) return;
    const resolved = idlers;
    idlers = [];
    onIdle();
    for (const resolve of resolved) resolve();
  };

  return {
    push(occurrence) {
      const cost = sizeOf(occurrence);
      if (bytes + cost > capacityBytes) return false;
      bytes += cost;
      waiting.push(occurrence);
      start();
      return true;
    },
    idle: () => (writing.size === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve))),
  };
}

/** The bytes that an occurrence takes while it waits; its object's own strings are counted, shared or not. */
function sizeOf({ message, reason, reference }: Occurrence): number {
  const { namespace = '', name = '', uid = '', fieldPath = '' } = reference;
  return (
    OVERHEAD_BYTES + message.length + reason.length + namespace.length + name.length + uid.length + fieldPath.length
  );
}

const objectOf = ({ reference: { uid, kind, namespace, name } }: Occurrence): string =>
  uid ?? `${kind}/${namespace}/${name}`;

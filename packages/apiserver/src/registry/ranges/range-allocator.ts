import type { Storage } from '../../storage/storage.js';
import { type NumberRange, pickNumber } from './pick-number.js';

/** Takes numbers out of a range that every apiserver shares. What is taken stays taken until it is released. */
export interface RangeAllocator {
  /** Any free number. @throws RangeFull */
  allocate(options?: { dryRun?: boolean }): Promise<number>;
  /** This number; false when it is taken. */
  take(number: number, options?: { dryRun?: boolean }): Promise<boolean>;
  release(numbers: readonly number[]): Promise<void>;
  /**
   * Makes the range agree with what is in use, as the store has it after the
   * call: what is used is taken, and what nobody uses in two repairs running
   * is released. One alone might catch a write between its taking and its storing.
   */
  repair(readUsed: () => Promise<ReadonlySet<number>>): Promise<void>;
}

/** Worded as Kubernetes words it. */
export class RangeFull extends Error {
  constructor() {
    super('range is full');
    this.name = 'RangeFull';
  }
}

interface Snapshot {
  readonly taken: ReadonlySet<number>;
  readonly version: string;
}

/** Changes the set it is given; what it returns is the caller's once the set is stored. */
type Change<R> = (taken: Set<number>) => R;

interface Waiting {
  readonly change: Change<unknown>;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_LOST_RACES = 50;

/** Keeps the range as one value in etcd, written only when nobody else has written since it was read. */
export function createRangeAllocator(storage: Storage, key: string, range: NumberRange): RangeAllocator {
  let known: Snapshot | undefined;
  let waiting: Waiting[] = [];
  let working = false;
  let suspects: ReadonlySet<number> = new Set();

  async function read(): Promise<Snapshot> {
    const stored = await storage.getRaw(key);
    known =
      stored === undefined
        ? { taken: new Set(), version: '' }
        : { taken: parse(stored.value), version: stored.version };
    return known;
  }

  /** All that wait go into one write: many Services made at once cost few. */
  async function work(): Promise<void> {
    working = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await write(batch);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    working = false;
  }

  async function write(batch: readonly Waiting[]): Promise<void> {
    for (let attempt = 0; attempt < MAX_LOST_RACES; attempt += 1) {
      const { taken, version } = known ?? (await read());
      const next = new Set(taken);
      const settle = batch.map((entry) => attemptOne(entry, next));
      const same = next.size === taken.size && [...next].every((number) => taken.has(number));
      // What is known may be old, so "no change" is believed only of what was just read.
      known = undefined;
      const stored = same ? (await read()).version : await storage.putRaw(key, encode(range, next), version);
      if (stored === undefined || (same && stored !== version)) continue;
      // Another apiserver may write meanwhile; then the next comparison fails, and it is read again.
      known = { taken: next, version: stored };
      for (const done of settle) done();
      return;
    }
    throw new Error(`the range ${range.text} could not be written: ${MAX_LOST_RACES} races lost`);
  }

  function change<R>(apply: Change<R>): Promise<R> {
    return new Promise((resolve, reject) => {
      waiting.push({ change: apply, resolve, reject });
      if (!working) void work();
    });
  }

  return {
    async allocate({ dryRun = false } = {}) {
      if (dryRun) return pick(range, new Set((await read()).taken));
      return change((taken) => pick(range, taken));
    },
    async take(number, { dryRun = false } = {}) {
      if (dryRun) return !(await read()).taken.has(number);
      return change((taken) => {
        if (taken.has(number)) return false;
        taken.add(number);
        return true;
      });
    },
    async release(numbers) {
      if (numbers.length === 0) return;
      await change((taken) => {
        for (const number of numbers) taken.delete(number);
      });
    },
    async repair(readUsed) {
      // The range first: what is taken after it was read cannot look unused.
      const before = (await read()).taken;
      const used = await readUsed();
      const unused = new Set([...before].filter((number) => !used.has(number)));
      const leaked = [...unused].filter((number) => suspects.has(number));
      suspects = unused;
      if (leaked.length === 0 && [...used].every((number) => before.has(number))) return;
      await change((taken) => {
        for (const number of used) taken.add(number);
        for (const number of leaked) taken.delete(number);
      });
    },
  };
}

function attemptOne({ change, resolve, reject }: Waiting, taken: Set<number>): () => void {
  try {
    const result = change(taken);
    return () => resolve(result as never);
  } catch (error) {
    return () => reject(error);
  }
}

function pick(range: NumberRange, taken: Set<number>): number {
  const number = pickNumber(range, (candidate) => !taken.has(candidate));
  if (number === undefined) throw new RangeFull();
  taken.add(number);
  return number;
}

function encode({ text }: NumberRange, taken: ReadonlySet<number>): Buffer {
  return Buffer.from(JSON.stringify({ range: text, allocated: [...taken].sort((left, right) => left - right) }));
}

function parse(value: Buffer): Set<number> {
  const { allocated } = JSON.parse(value.toString('utf8')) as { allocated: number[] };
  return new Set(allocated);
}

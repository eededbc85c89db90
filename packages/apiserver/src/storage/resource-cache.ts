import type { TraceContext } from '@kubelab/runtime';
import type { KeyValue } from './etcd/messages.js';
import { EventWindow, type WindowLimits } from './event-window.js';
import { byCodeUnit, SortedPaths } from './sorted-paths.js';
import type { StoredEvent } from './storage.js';
import { parseObjectPath } from './storage-keys.js';
import { type DecodedValue, decodeValue, numberOf, StoredValue } from './stored-value.js';
import {
  lastVersionNumber,
  type Revision,
  revisionOf,
  type VersionNumber,
  versionInGroup,
  versionNumber,
} from './versions.js';

/** One change of one object, as etcd's watch told of it. */
export type CacheChange = PutChange | DeleteChange;

export interface PutChange {
  readonly kind: 'put';
  readonly path: string;
  readonly kv: KeyValue;
  readonly value: DecodedValue;
}

export interface DeleteChange {
  readonly kind: 'delete';
  readonly path: string;
  /** Shared by those whose common lease ran out. */
  readonly number: VersionNumber;
  readonly trace: TraceContext | undefined;
}

/** An event takes about 30 µs a watcher: so many hold up a request no longer than another request would. */
const READERS_PER_TURN = 4;
/** However many there are, and however long the turns of a busy process: the last hears of a change within so many. */
const TURNS = 16;

/**
 * The objects of one resource as of one revision, and the window of events that
 * led there. Changed by the feed alone, a whole revision at a time and without
 * a pause, so that whoever reads between sees one state of the store.
 */
export class ResourceCache {
  readonly #objects = new Map<string, StoredValue>();
  #paths = new SortedPaths();
  #window: EventWindow;
  #filled = false;
  #completeSince: VersionNumber = 0;
  /** They have seen all there is. */
  readonly #readers = new Set<() => void>();
  /** There is something new, and they have not been told yet. */
  readonly #due = new Set<() => void>();
  #perTurn = READERS_PER_TURN;
  #isResuming = false;
  readonly #observers = new Set<(event: StoredEvent) => void>();

  constructor(
    readonly prefix: string,
    readonly limits: WindowLimits,
    readonly onBrokenValue: (key: string, error: unknown) => void,
  ) {
    this.#window = new EventWindow(limits, 0);
  }

  get filled(): boolean {
    return this.#filled;
  }

  get window(): EventWindow {
    return this.#window;
  }

  get size(): number {
    return this.#objects.size;
  }

  /** From this version on the window holds every single change, so that any state since can be rebuilt. */
  get completeSince(): VersionNumber {
    return this.#completeSince;
  }

  get(path: string): StoredValue | undefined {
    return this.#objects.get(path);
  }

  paths(prefix: string, after: string): string[] {
    return this.#paths.slice(prefix, after);
  }

  /** All objects whose path begins with `prefix`, in order of their versions. */
  byVersion(prefix: string): StoredValue[] {
    const objects: StoredValue[] = [];
    for (const path of this.#paths.slice(prefix, '')) {
      const object = this.#objects.get(path);
      if (object) objects.push(object);
    }
    return objects.sort((a, b) => a.number - b.number);
  }

  fill(kvs: readonly KeyValue[], revision: Revision): void {
    for (const kv of kvs) {
      const path = this.#pathOf(kv);
      const object = this.#decode(path, kv, decodeValue(kv.value));
      if (object) this.#objects.set(path, object);
    }
    this.#paths = new SortedPaths(this.#objects.keys());
    this.#window = new EventWindow(this.limits, lastVersionNumber(revision));
    this.#completeSince = lastVersionNumber(revision);
    this.#filled = true;
    for (const observer of this.#observers) this.#replay(observer);
  }

  /** Applies what one revision changed, in order; its events become visible with {@link wake}. */
  apply(changes: readonly CacheChange[]): void {
    changes.forEach((change, index) => {
      if (change.kind === 'put') this.#put(change);
      else this.#delete(change, !sharesNumber(change, changes[index + 1]));
    });
  }

  /**
   * Brings the cache to a state that was listed, where the events in between
   * are lost: the differences become events, in the order of their versions.
   * What went is told at the listed revision, for nobody knows its own any more.
   */
  replace(kvs: readonly KeyValue[], revision: Revision): void {
    const listed = new Map(kvs.map((kv) => [this.#pathOf(kv), kv]));
    const groups = new Map<Revision, CacheChange[]>();
    const add = (at: Revision, change: CacheChange): void => {
      const group = groups.get(at);
      if (group) group.push(change);
      else groups.set(at, [change]);
    };
    for (const path of this.#paths.slice('', '')) {
      if (!listed.has(path))
        add(revision, { kind: 'delete', path, number: lastVersionNumber(revision), trace: undefined });
    }
    for (const [path, kv] of listed) {
      const known = this.#objects.get(path);
      const value = decodeValue(kv.value);
      if (known?.number === numberOf(kv, value)) continue;
      if (known && kv.createRevision > revisionOf(known.number)) {
        const number = versionNumber(kv.createRevision);
        add(kv.createRevision, { kind: 'delete', path, number, trace: undefined });
      }
      add(kv.modRevision, { kind: 'put', path, kv, value });
    }
    for (const at of [...groups.keys()].sort((a, b) => a - b)) {
      this.apply((groups.get(at) ?? []).sort((a, b) => numberOfChange(a) - numberOfChange(b)));
    }
    this.#completeSince = lastVersionNumber(revision);
  }

  /**
   * Tells of what is there, then of every event at the moment that the cache has it:
   * what is derived from the objects is never behind them.
   */
  observe(observer: (event: StoredEvent) => void): void {
    this.#observers.add(observer);
    if (this.#filled) this.#replay(observer);
  }

  /** Calls `resume` once when there may be something new. Returns how to take that back. */
  onceChanged(resume: () => void): () => void {
    this.#readers.add(resume);
    return () => {
      this.#readers.delete(resume);
      this.#due.delete(resume);
    };
  }

  /** Resumes all readers, some at once and the others in the turns that follow: requests come in between. */
  wake(): void {
    for (const resume of this.#readers) this.#due.add(resume);
    this.#readers.clear();
    this.#perTurn = Math.max(READERS_PER_TURN, Math.ceil(this.#due.size / TURNS));
    if (!this.#isResuming) this.#resumeSome();
  }

  #resumeSome(): void {
    let left = this.#perTurn;
    for (const resume of this.#due) {
      if (left === 0) break;
      left -= 1;
      this.#due.delete(resume);
      resume();
    }
    this.#isResuming = this.#due.size > 0;
    if (this.#isResuming) setImmediate(() => this.#resumeSome());
  }

  /** What `paths` under `prefix` held at an earlier version of the window: the events since, taken back. */
  overlayAt(number: VersionNumber, prefix: string): Map<string, StoredValue | undefined> {
    const overlay = new Map<string, StoredValue | undefined>();
    const start = this.#window.firstAbove(number);
    for (let index = this.#window.next - 1; index >= start; index--) {
      const event = this.#window.at(index)?.event;
      if (!event) continue;
      const { namespace, name } = event.current.key;
      const path = namespace === '' ? name : `${namespace}/${name}`;
      if (path.startsWith(prefix)) overlay.set(path, event.previous as StoredValue | undefined);
    }
    return overlay;
  }

  /** Paths at an earlier revision, those included that are gone now. */
  pathsWith(overlay: ReadonlyMap<string, unknown>, prefix: string, after: string): string[] {
    const now = this.#paths.slice(prefix, after);
    const gone = [...overlay.keys()].filter((path) => path > after && !this.#objects.has(path));
    return gone.length === 0 ? now : [...now, ...gone].sort(byCodeUnit);
  }

  #put({ path, kv, value }: PutChange): void {
    const previous = this.#objects.get(path);
    const current = this.#decode(path, kv, value, previous?.key);
    if (!current) return;
    this.#objects.set(path, current);
    if (!previous) this.#paths.add(path);
    this.#push(current.number, { type: previous ? 'MODIFIED' : 'ADDED', current, previous });
  }

  #delete({ path, number, trace }: DeleteChange, isLast: boolean): void {
    const previous = this.#objects.get(path);
    if (!previous) return;
    this.#objects.delete(path);
    this.#paths.remove(path);
    this.#push(number, { type: 'DELETED', current: previous.at(versionInGroup(number, isLast), trace), previous });
  }

  #push(number: VersionNumber, event: StoredEvent): void {
    this.#window.push({ number, event, atMs: performance.now() });
    for (const observer of this.#observers) observer(event);
  }

  #replay(observer: (event: StoredEvent) => void): void {
    for (const current of this.#objects.values()) observer({ type: 'ADDED', current, previous: undefined });
  }

  #pathOf(kv: KeyValue): string {
    return kv.key.toString('utf8', this.prefix.length);
  }

  /** A value that is no JSON object must not stop the whole resource: it is left out, and told. */
  #decode(path: string, kv: KeyValue, value: DecodedValue, key = parseObjectPath(path)): StoredValue | undefined {
    try {
      return StoredValue.fromEtcd(key, kv, value);
    } catch (error) {
      this.onBrokenValue(this.prefix + path, error);
      return undefined;
    }
  }
}

function numberOfChange(change: CacheChange): VersionNumber {
  return change.kind === 'put' ? numberOf(change.kv, change.value) : change.number;
}

function sharesNumber(change: CacheChange, next: CacheChange | undefined): boolean {
  return next !== undefined && numberOfChange(change) === numberOfChange(next);
}

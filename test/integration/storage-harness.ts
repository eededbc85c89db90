import { type ConfigMap, configMaps, type Event, events } from '@kubelab/api';
import type { TraceContext } from '@kubelab/runtime';
import type { EtcdProcess } from '@kubelab/testing';
import { expect } from 'vitest';
import { EtcdStorage, type EtcdStorageOptions } from '../../packages/apiserver/src/storage/etcd-storage.js';
import type {
  ListQuery,
  ResourceStorage,
  StoredObject,
  WatchItem,
  WatchQuery,
} from '../../packages/apiserver/src/storage/storage.js';

/** Any etcd that a suite is run on. */
export interface EtcdUnderTest {
  readonly name: string;
  start(): Promise<EtcdProcess>;
}

export const silent = { info: () => {}, warn: () => {}, error: () => {} };

/** One apiserver's storage, running. */
export interface OpenStorage {
  readonly storage: EtcdStorage;
  readonly configMaps: ResourceStorage<ConfigMap>;
  readonly events: ResourceStorage<Event>;
  close(): Promise<void>;
}

export async function openStorage(
  endpoint: string | string[],
  options: Partial<EtcdStorageOptions> = {},
): Promise<OpenStorage> {
  const storage = new EtcdStorage({ endpoints: [endpoint].flat(), log: silent, compactionIntervalMs: 0, ...options });
  const stop = new AbortController();
  const open = {
    storage,
    configMaps: storage.forResource<ConfigMap>(configMaps),
    events: storage.forResource<Event>(events),
  };
  const running = storage.run(stop.signal);
  await storage.ready(AbortSignal.timeout(10_000));
  return {
    ...open,
    close: async () => {
      stop.abort();
      await running;
    },
  };
}

/** What the cases share: one etcd for the suite, and two apiservers' storages on it, new for every case. */
export interface SuiteContext {
  storages(): { a: OpenStorage; b: OpenStorage };
  etcd(): EtcdProcess;
  endpoint(): string;
  /** Compacts etcd up to now. */
  compact(): Promise<void>;
}

let namespaces = 0;

/** A namespace of the test's own, so that tests can share an etcd. */
export function newNamespace(): string {
  return `ns-${++namespaces}-${Math.floor(performance.now())}`;
}

export function configMap(namespace: string, name: string, data: Record<string, string> = {}): ConfigMap {
  return { metadata: { namespace, name, uid: `uid-${name}` }, data };
}

export function dataOf(stored: StoredObject | undefined): Record<string, string> | undefined {
  return (stored?.object as ConfigMap | undefined)?.data;
}

export const trace: TraceContext = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: true };

export function query(over: Partial<ListQuery> = {}): ListQuery {
  return { namespace: '', limit: 0, continueToken: '', resourceVersion: '', resourceVersionMatch: '', ...over };
}

export const namesOf = (items: readonly StoredObject[]): string[] => items.map((item) => item.key.name);

/** Waits for a condition, at most ten seconds. */
export async function eventually(condition: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> {
  await expect.poll(condition, { timeout: limitMs, interval: 10 }).toBe(true);
}

/** What a watch delivers, as it comes. */
export class Collector {
  readonly items: WatchItem[] = [];
  error: unknown;
  readonly done: Promise<void>;
  readonly #stop = new AbortController();

  constructor(storage: ResourceStorage<ConfigMap> | ResourceStorage<Event>, over: Partial<Omit<WatchQuery, 'signal'>>) {
    const watch = {
      namespace: '',
      resourceVersion: '',
      sendInitialEvents: undefined,
      ...over,
      signal: this.#stop.signal,
    };
    this.done = this.#collect(storage.watch(watch));
  }

  async #collect(items: AsyncIterable<WatchItem>): Promise<void> {
    try {
      for await (const item of items) this.items.push(item);
    } catch (error) {
      this.error = error;
    }
  }

  /** `ADDED a@5`: type, name, version. */
  get lines(): string[] {
    return this.items.flatMap((item) =>
      item.kind === 'event' ? [`${item.event.type} ${item.event.current.key.name}@${item.event.current.version}`] : [],
    );
  }

  get versions(): number[] {
    return this.items.flatMap((item) => (item.kind === 'event' ? [Number(item.event.current.version)] : []));
  }

  get bookmarks(): { version: string; initialEventsEnd: boolean }[] {
    return this.items.flatMap((item) => (item.kind === 'bookmark' ? [item] : []));
  }

  /** The state that the events lead to: name → version. */
  get state(): Record<string, string> {
    const state: Record<string, string> = {};
    for (const item of this.items) {
      if (item.kind !== 'event') continue;
      const { type, current } = item.event;
      if (type === 'DELETED') delete state[current.key.name];
      else state[current.key.name] = current.version;
    }
    return state;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.done;
  }
}

/** A watch of everything that is written from now on, however late it gets to start. */
export async function watchFromNow({ configMaps }: OpenStorage, namespace: string): Promise<Collector> {
  const { version } = await configMaps.list(query({ namespace }));
  return new Collector(configMaps, { namespace, resourceVersion: version });
}

export async function stateOf(storage: ResourceStorage<ConfigMap>, namespace: string): Promise<Record<string, string>> {
  const { items } = await storage.list(query({ namespace }));
  return Object.fromEntries(items.map((item) => [item.key.name, item.version]));
}

/** The same numbers on every run (mulberry32). */
export function seededRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

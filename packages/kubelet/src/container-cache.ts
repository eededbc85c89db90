import { setMaxListeners } from 'node:events';
import { type Clock, createBackoff, sleep } from '@kubelab/runtime';
import type { Logger } from 'pino';
import type { ContainerRuntime, PodIdentity, RuntimeContainer } from './container-runtime/runtime.js';

/**
 * What the engine has of this node's pods, kept current by its events, by what
 * the kubelet does itself, and by a slow relist as a net.
 */
export interface ContainerCache {
  /** Lists and follows until the signal aborts; again, with back-off, whenever the engine goes away. */
  run(signal: AbortSignal): Promise<void>;
  /** Resolves once the first list is in; rejects with the signal. */
  synced(signal: AbortSignal): Promise<void>;
  /** Undefined since the engine was last heard of; otherwise why it is not there. */
  failure(): string | undefined;
  of(podUid: string): readonly RuntimeContainer[];
  pods(): readonly PodIdentity[];
  get(id: string): RuntimeContainer | undefined;
  /** Takes in what a call of our own has returned. */
  put(container: RuntimeContainer): void;
  drop(id: string): void;
  /** Something of the pod has changed that was not put here by ourselves. */
  onChange(handler: (podUid: string) => void): void;
}

export interface ContainerCacheOptions {
  readonly runtime: ContainerRuntime;
  readonly log: Logger;
  readonly clock: Clock;
  /** Default 60,000. */
  readonly relistIntervalMs?: number;
}

/** How many inspects may be in flight. */
const INSPECT_CONCURRENCY = 16;
/** How long a start of our own may take to be put into the cache. */
const START_GRACE_MS = 2_000;
/** A container's state goes one way, so an answer that was overtaken is known for one. */
const STATE_ORDER = { created: 0, running: 1, exited: 2 } as const;

export function createContainerCache(options: ContainerCacheOptions): ContainerCache {
  const { runtime, log, clock, relistIntervalMs = 60_000 } = options;
  const byId = new Map<string, RuntimeContainer>();
  const byPod = new Map<string, Map<string, RuntimeContainer>>();
  const handlers: ((podUid: string) => void)[] = [];
  let failure: string | undefined = 'the container engine has not been asked yet';
  let resolveSynced: () => void;
  const synced = new Promise<void>((resolve) => {
    resolveSynced = resolve;
  });

  function store(container: RuntimeContainer): void {
    byId.set(container.id, container);
    const siblings = byPod.get(container.pod.uid) ?? new Map<string, RuntimeContainer>();
    siblings.set(container.id, container);
    byPod.set(container.pod.uid, siblings);
  }

  function put(container: RuntimeContainer): void {
    const known = byId.get(container.id);
    if (known === undefined || STATE_ORDER[container.state] >= STATE_ORDER[known.state]) store(container);
  }

  function drop(id: string): string | undefined {
    const podUid = byId.get(id)?.pod.uid;
    if (podUid === undefined) return undefined;
    byId.delete(id);
    const siblings = byPod.get(podUid);
    siblings?.delete(id);
    if (siblings?.size === 0) byPod.delete(podUid);
    return podUid;
  }

  function changed(podUid: string | undefined): void {
    if (podUid !== undefined) for (const handler of handlers) handler(podUid);
  }

  async function refresh(id: string, signal: AbortSignal): Promise<void> {
    const container = await runtime.inspect(id, signal);
    if (container === undefined) {
      changed(drop(id));
    } else {
      // What was inspected just now is the truth, whatever was known.
      store(container);
      changed(container.pod.uid);
    }
  }

  /** Whoever started it asks the engine about it too, and puts the answer here: only others' starts are looked into. */
  function refreshUnlessPut(id: string, signal: AbortSignal): void {
    const look = (): void => {
      if (byId.get(id)?.state === 'running') return;
      refresh(id, signal).catch((error: unknown) => {
        if (!signal.aborted) log.warn({ error, container: id }, 'cannot inspect a container');
      });
    };
    clock.setTimeout(look, START_GRACE_MS, signal);
  }

  async function relist(signal: AbortSignal): Promise<void> {
    const before = [...byId.keys()];
    const found = await runtime.list(signal);
    const ids = new Set(found.map(({ id }) => id));
    const stale = found.filter(({ id, state }) => {
      const known = byId.get(id)?.state;
      // The engine lists a failed start as created.
      return known !== state && !(known === 'exited' && state === 'created');
    });
    // Only those from before the list: what was started meanwhile is not in it.
    for (const id of before) if (!ids.has(id)) changed(drop(id));
    for (let from = 0; from < stale.length; from += INSPECT_CONCURRENCY) {
      await Promise.all(stale.slice(from, from + INSPECT_CONCURRENCY).map(({ id }) => refresh(id, signal)));
    }
  }

  async function follow(signal: AbortSignal): Promise<void> {
    const connection = new AbortController();
    const either = AbortSignal.any([signal, connection.signal]);
    // Many inspects at a time listen to it.
    setMaxListeners(0, either);
    const relists = relistUntilAborted(either);
    try {
      for await (const { type, containerId } of runtime.events(either, relists.start)) {
        if (type === 'removed') changed(drop(containerId));
        else if (type !== 'started') await refresh(containerId, either);
        else if (byId.get(containerId)?.state !== 'running') refreshUnlessPut(containerId, either);
      }
    } finally {
      connection.abort();
      await relists.done;
    }
  }

  /** Begins once events flow, so that nothing falls between the two. */
  function relistUntilAborted(signal: AbortSignal): { start: () => void; done: Promise<void> } {
    let start = (): void => undefined;
    const started = new Promise<void>((resolve) => {
      start = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    const done = started.then(async () => {
      while (!signal.aborted) {
        try {
          await relist(signal);
          failure = undefined;
          resolveSynced();
        } catch (error) {
          if (signal.aborted) return;
          failure = (error as Error).message;
          log.warn({ error }, 'cannot list containers');
        }
        await sleep(failure === undefined ? relistIntervalMs : 1000, signal, clock).catch(() => undefined);
      }
    });
    return { start, done };
  }

  return {
    async run(signal) {
      const backoff = createBackoff({ initialMs: 200, maxMs: 10_000 });
      while (!signal.aborted) {
        try {
          await follow(signal);
          backoff.reset();
        } catch (error) {
          if (signal.aborted) break;
          failure = (error as Error).message;
          log.warn({ error }, 'lost the container engine');
        }
        await sleep(backoff.next(), signal, clock).catch(() => undefined);
      }
    },
    synced: (signal) =>
      new Promise((resolve, reject) => {
        const abort = (): void => reject(signal.reason);
        if (signal.aborted) return abort();
        signal.addEventListener('abort', abort, { once: true });
        void synced.then(() => {
          signal.removeEventListener('abort', abort);
          resolve();
        });
      }),
    failure: () => failure,
    of: (podUid) => [...(byPod.get(podUid)?.values() ?? [])],
    pods: () => [...byPod.values()].flatMap((containers) => [...containers.values()].slice(0, 1).map(({ pod }) => pod)),
    get: (id) => byId.get(id),
    put,
    drop: (id) => void drop(id),
    onChange: (handler) => void handlers.push(handler),
  };
}

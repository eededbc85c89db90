import {
  type ApiError,
  isApiError,
  type KubernetesObject,
  keyOf,
  type ObjectList,
  type ResourceType,
} from '@kubelab/api';
import { type Backoff, type Clock, createBackoff, sleep, systemClock } from '@kubelab/runtime';
import type { Logger } from 'pino';
import type { ApiClient, WatchEvent } from './api-client.js';
import type { Cached, Change, Informer, InformerOptions } from './informer.js';
import { createObjectStore } from './object-store.js';
import { withoutManagedFields } from './without-managed-fields.js';

export interface CreateInformerOptions<T extends KubernetesObject> extends InformerOptions<T> {
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Between attempts. Default 50 ms to 5 s. */
  readonly backoff?: Backoff;
}

/** After these a watch may go on where it was; after any other error everything is listed again. */
const RESUMABLE = ['ServiceUnavailable', 'Timeout', 'ServerTimeout', 'TooManyRequests', 'InternalError'] as const;

/** How many objects one page of a list holds. */
const PAGE_SIZE = 2_000;

/**
 * Objects are held without their managedFields: nobody reads them, a third of a running pod is theirs, and the apiserver
 * leaves them as they are where a write does not name them.
 *
 * A handler that is added later is first called with `added` for everything
 * that is there. What a handler throws ends `run`: it is a bug, not an outage.
 */
export function createInformer<T extends KubernetesObject>(
  client: Pick<ApiClient, 'list' | 'watch'>,
  resource: ResourceType<T>,
  options: CreateInformerOptions<T>,
  log: Logger,
): Informer<T> {
  const { namespace, labelSelector, fieldSelector, indexes = {}, clock = systemClock } = options;
  const { backoff = createBackoff({ initialMs: 50, maxMs: 5_000 }) } = options;
  const scope = { namespace, labelSelector, fieldSelector, omitManagedFields: true };
  const store = createObjectStore<T>(indexes);
  const handlers: ((change: Change<T>) => void)[] = [];
  const initial = createGate();
  let version: string | undefined;

  const notify = (change: Change<T> | undefined) => {
    if (change) for (const handler of handlers) handler(change);
  };

  const replaceWith = (objects: readonly Cached<T>[]) => {
    const gone = new Set(store.keys());
    for (const object of objects) {
      gone.delete(keyOf(object));
      notify(store.set(object, undefined));
    }
    for (const key of gone) notify(store.delete(key, undefined, undefined));
  };

  const apply = ({ type, object, trace }: WatchEvent<T>) => {
    if (type === 'DELETED') notify(store.delete(keyOf(object), object as Cached<T>, trace));
    else if (type !== 'BOOKMARK') notify(store.set(withoutManagedFields(object) as Cached<T>, trace));
    version = object.metadata.resourceVersion;
  };

  const list = async (signal: AbortSignal): Promise<string> => {
    const objects: Cached<T>[] = [];
    let page: ObjectList<T> | undefined;
    do {
      const continueToken = page?.metadata.continue ?? '';
      page = await client.list(resource, { ...scope, limit: PAGE_SIZE, continueToken, signal });
      for (const item of page.items) objects.push(withoutManagedFields(item) as Cached<T>);
    } while (page.metadata.continue);
    replaceWith(objects);
    return page.metadata.resourceVersion ?? '';
  };

  const listAndWatch = async (signal: AbortSignal): Promise<void> => {
    version ??= await list(signal);
    initial.open();
    const startedMs = clock.now();
    for await (const event of client.watch(resource, {
      ...scope,
      resourceVersion: version,
      allowBookmarks: true,
      signal,
    })) {
      apply(event);
      backoff.reset();
    }
    // A server that ends watches as soon as they begin must not be asked in a loop.
    if (clock.now() - startedMs < 1_000 && !signal.aborted) await sleep(backoff.next(), signal, clock);
  };

  const recover = async (error: ApiError, signal: AbortSignal): Promise<void> => {
    const resumable = version !== undefined && isApiError(error, ...RESUMABLE);
    if (!resumable) version = undefined;
    const delayMs = backoff.next();
    const level = isApiError(error, 'Expired', 'Gone', 'ServiceUnavailable') ? 'debug' : 'warn';
    log[level]({ error, resource: resource.plural, resumable, delayMs }, 'the watch is interrupted');
    await sleep(delayMs, signal, clock);
  };

  return {
    async run(signal) {
      while (!signal.aborted) {
        try {
          await listAndWatch(signal);
        } catch (error) {
          if (signal.aborted) return;
          if (!isApiError(error)) throw error;
          await recover(error, signal).catch((reason: unknown) => {
            if (!signal.aborted) throw reason;
          });
        }
      }
    },
    synced: (signal) => initial.passed(signal),
    get: store.get,
    list: store.values,
    get size() {
      return store.size;
    },
    byIndex: store.byIndex,
    hasAny: store.hasAny,
    traceOf: store.traceOf,
    onChange(handler) {
      handlers.push(handler);
      for (const object of store.values()) {
        const key = keyOf(object);
        handler({ type: 'added', key, object, old: undefined, trace: store.traceOf(key) });
      }
    },
  };
}

/** Closed until it is opened, for good. */
function createGate() {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    open: () => open(),
    passed(signal: AbortSignal | undefined): Promise<void> {
      if (!signal) return opened;
      return new Promise((resolve, reject) => {
        const onAbort = () => reject(signal.reason);
        if (signal.aborted) return onAbort();
        signal.addEventListener('abort', onAbort, { once: true });
        void opened.then(() => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        });
      });
    },
  };
}

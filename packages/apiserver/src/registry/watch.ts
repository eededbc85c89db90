import type { KubernetesObject, Persisted } from '@kubelab/api';
import type { TraceContext } from '@kubelab/runtime';
import type { StoredEvent, WatchItem } from '../storage/storage.js';
import { encodeAnswer, type ObjectAnswer, type Selectors } from './request.js';
import type { Scope } from './scope.js';
import { type Matches, selectionOf } from './selection.js';

export interface WatchOptions extends Selectors {
  readonly namespace: string;
  /** "" unless the URL names one object. */
  readonly name: string;
  readonly resourceVersion: string;
  /** Undefined: as Kubernetes did before KEP-3157. */
  readonly sendInitialEvents: boolean | undefined;
}

/** What one watcher is told. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly answer: ObjectAnswer;
  /** Of the write behind the event. */
  readonly trace: TraceContext | undefined;
  /** True when type and object are those of the store's event, so that what is encoded of it can be shared. */
  readonly shared: StoredEvent | undefined;
}

export interface Watch {
  readonly items: AsyncIterable<WatchItem>;
  /** What the event is to this watcher; undefined when it does not concern it. */
  readonly translate: (event: StoredEvent) => WatchEvent | undefined;
}

/** @throws ApiError BadRequest; the iteration rejects with Expired past the window */
export function watchObjects<T extends KubernetesObject>(
  { resource, storage }: Scope<T>,
  options: WatchOptions,
  signal: AbortSignal,
): Watch {
  const selection = selectionOf(resource, options);
  const { name } = options;
  const matches: Matches | undefined =
    name === '' ? selection : (object) => object.key.name === name && (selection?.(object) ?? true);
  const items = storage.watch({
    namespace: options.namespace,
    resourceVersion: options.resourceVersion,
    sendInitialEvents: options.sendInitialEvents,
    signal,
  });
  return { items, translate: (event) => translate(event, matches) };
}

/**
 * With a selector, what begins to match is ADDED and what stops matching is
 * DELETED, in its last matching state and at the version of the change.
 */
function translate(event: StoredEvent, matches: Matches | undefined): WatchEvent | undefined {
  const { type, current, previous } = event;
  const { trace } = current;
  const asItIs: WatchEvent = { type, answer: current, trace, shared: event };
  if (matches === undefined) return asItIs;
  const matched = previous !== undefined && matches(previous);
  if (type === 'DELETED') return matched || matches(current) ? asItIs : undefined;
  const does = matches(current);
  if (does && matched) return asItIs;
  if (does) return type === 'ADDED' ? asItIs : { ...asItIs, type: 'ADDED', shared: undefined };
  if (!matched || previous === undefined) return undefined;
  return {
    type: 'DELETED',
    answer: encodeAnswer(atVersion(previous.object, current.version)),
    trace,
    shared: undefined,
  };
}

function atVersion(object: Persisted, resourceVersion: string): Persisted {
  return { ...object, metadata: { ...object.metadata, resourceVersion } };
}

import {
  apiVersionOf,
  deepEqual,
  isApiError,
  type KubernetesObject,
  type ManagedFieldsEntry,
  type Persisted,
  type ResourceType,
  type TrackedWrite,
  trackedFieldsOf,
  trackUpdate,
} from '@kubelab/api';
import { otherVersionsOf } from './kind-versions.js';
import { timestamp } from './metadata.js';
import type { Prepared } from './prepared.js';
import type { RequestContext } from './request.js';
import type { Scope } from './scope.js';

/** Whoever writes without saying who he is; the apiserver itself among others. */
const APISERVER_MANAGER = 'kube-apiserver';

/** Which fields the writes of a subresource may own; the same for every write of it. */
const trackedFields = new WeakMap<object, Map<string, TrackedWrite['tracked']>>();

function trackedFor(resource: ResourceType, subresource: string): TrackedWrite['tracked'] {
  const known = trackedFields.get(resource) ?? new Map<string, TrackedWrite['tracked']>();
  trackedFields.set(resource, known);
  const tracked = known.get(subresource) ?? trackedFieldsOf(resource, subresource);
  known.set(subresource, tracked);
  return tracked;
}

/** A write as those who track fields see it. */
export function trackedWrite<T extends KubernetesObject>(
  { resource, nowMs }: Scope<T>,
  subresource: string,
  { fieldManager }: RequestContext,
): TrackedWrite {
  return {
    definition: resource.definition,
    manager: fieldManager ?? APISERVER_MANAGER,
    apiVersion: apiVersionOf(resource),
    subresource,
    tracked: trackedFor(resource as unknown as ResourceType, subresource),
    time: timestamp(nowMs()),
    findVersion: otherVersionsOf(resource as unknown as ResourceType, subresource),
  };
}

/**
 * Sets `object`'s managedFields to what they are after this write, which is
 * none of apply. To be called before the strategy and admission change the
 * object: what they set is nobody's.
 */
export function trackFields<T extends KubernetesObject>(
  scope: Scope<T>,
  subresource: string,
  context: RequestContext,
  old: Persisted<T> | undefined,
  object: T,
): void {
  setManagedFields(object, trackUpdate(trackedWrite(scope, subresource, context), old, object));
}

export function setManagedFields(object: KubernetesObject, entries: ManagedFieldsEntry[] | undefined): void {
  const metadata = object.metadata ?? {};
  object.metadata = metadata;
  if (entries === undefined) delete metadata.managedFields;
  else metadata.managedFields = entries;
}

export function withoutManagedFields<T extends KubernetesObject>(object: T): T {
  const { managedFields: _dropped, ...metadata } = object.metadata ?? {};
  return { ...object, metadata };
}

/**
 * Stores an object without its managedFields where it is too large with them:
 * they can be as large as the object itself. Not what was applied, which could
 * not be applied again without them.
 */
export async function storeFitting<T extends KubernetesObject, R>(
  { object, isApplied = false }: Pick<Prepared<T>, 'object' | 'isApplied'>,
  store: (object: T) => Promise<R>,
): Promise<R> {
  try {
    return await store(object);
  } catch (error) {
    const mayShrink = !isApplied && object.metadata?.managedFields !== undefined;
    if (!mayShrink || !isApiError(error, 'RequestEntityTooLarge')) throw error;
    return store(withoutManagedFields(object));
  }
}

/**
 * Whether a write leaves the object as it is. That the managers wrote at other
 * times does not count where nothing else differs.
 */
export function isUnchanged<T extends KubernetesObject>(object: T, old: Persisted<T>): boolean {
  const entries = object.metadata?.managedFields;
  const before = old.metadata.managedFields;
  if (entries === before || entries === undefined || before === undefined) return deepEqual(object, old);
  if (!deepEqual(entries.map(withoutTime), before.map(withoutTime))) return false;
  return deepEqual({ ...object, metadata: { ...object.metadata, managedFields: before } }, old);
}

function withoutTime({ time, ...entry }: ManagedFieldsEntry): ManagedFieldsEntry {
  return entry;
}

import type { KubernetesObject, OwnerReference } from '@kubelab/api';
import type { Cached } from '@kubelab/client';

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

/** What is known of one owner. `solid`: it is there to stay. `waiting`: it goes once its dependents are gone. */
export type OwnerState = 'solid' | 'waiting' | 'absent';

type Reference = Readonly<Pick<OwnerReference, 'uid' | 'name' | 'kind' | 'apiVersion' | 'blockOwnerDeletion'>>;

export type CollectionStep =
  | { readonly do: 'nothing' }
  /** Owners that are absent or on their way out, beside one that stays. */
  | { readonly do: 'dropOwners'; readonly uids: readonly string[] }
  | { readonly do: 'delete'; readonly propagationPolicy: 'Background' | 'Foreground' | 'Orphan' };

/** What an object's owners mean for it (Kubernetes documentation, "Garbage Collection"). */
export function planCollection(
  object: Cached<KubernetesObject>,
  owners: readonly { readonly reference: Reference; readonly state: OwnerState }[],
  hasDependents: boolean,
): CollectionStep {
  if (owners.length === 0 || object.metadata.deletionTimestamp !== undefined) return { do: 'nothing' };
  const leaving = owners.filter(({ state }) => state !== 'solid');
  if (leaving.length === 0) return { do: 'nothing' };
  if (leaving.length < owners.length) return { do: 'dropOwners', uids: leaving.map(({ reference }) => reference.uid) };
  const finalizers = object.metadata.finalizers ?? [];
  if (finalizers.includes(ORPHAN)) return { do: 'delete', propagationPolicy: 'Orphan' };
  const isWaitedFor = owners.some(({ state }) => state === 'waiting');
  const foreground = finalizers.includes(FOREGROUND) || (isWaitedFor && hasDependents);
  return { do: 'delete', propagationPolicy: foreground ? 'Foreground' : 'Background' };
}

/** The dependents that an owner deleted in the foreground waits for. */
export function blockingDependents(
  owner: Cached<KubernetesObject>,
  dependents: readonly Cached<KubernetesObject>[],
): Cached<KubernetesObject>[] {
  return dependents.filter((dependent) =>
    dependent.metadata.ownerReferences?.some(
      ({ uid, blockOwnerDeletion }) => uid === owner.metadata.uid && blockOwnerDeletion === true,
    ),
  );
}

/** Whether the object is being deleted with the given finalizer still to do. */
export function isFinalizing(object: Cached<KubernetesObject>, finalizer: string): boolean {
  return object.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).includes(finalizer);
}

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
  | {
      readonly do: 'delete';
      readonly propagationPolicy: 'Background' | 'Foreground' | 'Orphan';
      /** Owners that are to wait for the object no more: it waits for its dependents itself, and they may form a circle. */
      readonly unblock: readonly string[];
    };

/** What an object's owners mean for it (Kubernetes documentation, "Garbage Collection"). */
export function planCollection(
  object: Cached<KubernetesObject>,
  owners: readonly { readonly reference: Reference; readonly state: OwnerState }[],
  dependents: readonly Cached<KubernetesObject>[],
): CollectionStep {
  if (owners.length === 0 || object.metadata.deletionTimestamp !== undefined) return { do: 'nothing' };
  const leaving = owners.filter(({ state }) => state !== 'solid');
  if (leaving.length === 0) return { do: 'nothing' };
  if (leaving.length < owners.length) return { do: 'dropOwners', uids: leaving.map(({ reference }) => reference.uid) };
  const finalizers = object.metadata.finalizers ?? [];
  if (owners.some(({ state }) => state === 'waiting') && dependents.length > 0) {
    const mayBeCircle = dependents.some((dependent) => isFinalizing(dependent, FOREGROUND));
    const blocked = owners.filter(({ reference }) => mayBeCircle && reference.blockOwnerDeletion === true);
    return { do: 'delete', propagationPolicy: 'Foreground', unblock: blocked.map(({ reference }) => reference.uid) };
  }
  const others = finalizers.includes(FOREGROUND) ? 'Foreground' : 'Background';
  return { do: 'delete', propagationPolicy: finalizers.includes(ORPHAN) ? 'Orphan' : others, unblock: [] };
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

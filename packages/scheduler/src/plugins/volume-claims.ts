import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import type { ClusterObjects } from '../cluster/cluster-objects.js';
import type { PodClaim, PodInfo } from '../cluster/pod-info.js';

export type Claim = Cached<PersistentVolumeClaim>;
export type Volume = Cached<PersistentVolume>;
export type Class = Cached<StorageClass>;

const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';
export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';

export const claimKey = (pod: PodInfo, { name }: PodClaim): string => `${pod.namespace}/${name}`;

/** '' where it wants none. */
export function classOf(object: Claim | Volume): string {
  return object.metadata.annotations?.[BETA_CLASS] ?? object.spec?.storageClassName ?? '';
}

/** Bound in both directions, and nothing is left to be done about it. */
export function isBound(claim: Claim): boolean {
  return Boolean(claim.spec?.volumeName) && claim.metadata.annotations?.[BIND_COMPLETED] !== undefined;
}

/** Whether the claim waits for the scheduler to choose a node. */
export function waitsForConsumer(claim: Claim, objects: ClusterObjects): boolean {
  if (claim.metadata.annotations?.[SELECTED_NODE] !== undefined) return true;
  return objects.get('storageclasses', classOf(claim))?.volumeBindingMode === 'WaitForFirstConsumer';
}

export interface ClaimSorting {
  readonly bound: readonly Claim[];
  /** Not bound, and waiting for a node to be chosen. */
  readonly delayed: readonly Claim[];
  /** Not bound, and nothing that is decided here will bind them. */
  readonly immediate: readonly Claim[];
}

/** The pod's claims by their state; a text says why the pod cannot be placed at all. */
export function sortClaims(pod: PodInfo, objects: ClusterObjects): ClaimSorting | string {
  const bound: Claim[] = [];
  const delayed: Claim[] = [];
  const immediate: Claim[] = [];
  for (const podClaim of pod.claims) {
    const claim = objects.get('persistentvolumeclaims', claimKey(pod, podClaim));
    const problem = claimProblem(pod, podClaim, claim);
    if (problem !== undefined) return problem;
    if (claim === undefined) continue;
    if (isBound(claim)) bound.push(claim);
    // One that is bound from its side already is being bound by the controller.
    else if (waitsForConsumer(claim, objects) && !claim.spec?.volumeName) delayed.push(claim);
    else immediate.push(claim);
  }
  return { bound, delayed, immediate };
}

function claimProblem(pod: PodInfo, { name, isEphemeral }: PodClaim, claim: Claim | undefined): string | undefined {
  if (claim === undefined)
    return isEphemeral
      ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
      : `persistentvolumeclaim "${name}" not found`;
  if (claim.metadata.deletionTimestamp !== undefined) return `persistentvolumeclaim "${name}" is being deleted`;
  if (claim.status?.phase === 'Lost')
    return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec?.volumeName ?? ''}"`;
  if (isEphemeral && !claim.metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === pod.uid))
    return `PVC ${pod.namespace}/${name} was not created for pod ${pod.key} (pod is not owner)`;
  return undefined;
}

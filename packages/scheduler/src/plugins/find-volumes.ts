import { keyOf, selectorFromObject, type VolumeNodeAffinity } from '@kubelab/api';
import type { ClusterObjects } from '../cluster/cluster-objects.js';
import type { NodeInfo } from '../cluster/node-info.js';
import { matchesAnyTerm, type NodeLike } from '../cluster/node-selector.js';
import { amountOf } from '../cluster/pod-requests.js';
import type { AssumedVolumes, Assumption } from './assumed-volumes.js';
import { type Claim, type Class, classOf, SELECTED_NODE, type Volume } from './volume-claims.js';

export const NODE_CONFLICT = "node(s) didn't match PersistentVolume's node affinity";
export const BIND_CONFLICT = "node(s) didn't find available persistent volumes to bind";
export const NOT_ENOUGH_SPACE = 'node(s) did not have enough free storage';
export const VOLUME_MISSING = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)';

/** What the plugin knows of one pod's claims. */
export interface ClaimsOfPod {
  readonly bound: readonly Claim[];
  readonly delayed: readonly Claim[];
}

export interface VolumeFinder {
  readonly objects: ClusterObjects;
  readonly assumed: AssumedVolumes;
}

/** How the pod's claims would be met on the node, or why they cannot be. */
export function findVolumes(
  { objects, assumed }: VolumeFinder,
  claims: ClaimsOfPod,
  node: NodeInfo,
): Assumption | { readonly reasons: readonly string[] } {
  const reason = boundConflict(objects, claims.bound, node);
  if (reason !== undefined) return { reasons: [reason] };
  const chosen = new Set<string>();
  const bindings: { volume: string; claim: string }[] = [];
  const provisions: { claim: string; node: string }[] = [];
  for (const claim of inOrderOfSize(claims.delayed)) {
    const key = keyOf(claim);
    const selected = claim.metadata.annotations?.[SELECTED_NODE] ?? assumed.nodeOf(key);
    if (selected !== undefined) {
      if (selected !== node.name) return { reasons: [BIND_CONFLICT] };
      provisions.push({ claim: key, node: node.name });
      continue;
    }
    const volume = smallestFit({ objects, assumed }, claim, node, chosen);
    if (volume) {
      chosen.add(volume.metadata.name);
      bindings.push({ volume: volume.metadata.name, claim: key });
      continue;
    }
    const problem = provisionProblem(objects, claim, node);
    if (problem !== undefined) return { reasons: [problem] };
    provisions.push({ claim: key, node: node.name });
  }
  return { bindings, provisions };
}

function boundConflict(objects: ClusterObjects, claims: readonly Claim[], node: NodeInfo): string | undefined {
  for (const claim of claims) {
    const volume = objects.get('persistentvolumes', claim.spec?.volumeName ?? '');
    if (volume === undefined) return VOLUME_MISSING;
    if (!reaches(volume, node)) return NODE_CONFLICT;
  }
  return undefined;
}

function reaches(volume: Volume, node: NodeLike): boolean {
  const required = (volume.spec?.nodeAffinity as VolumeNodeAffinity | undefined)?.required;
  return required === undefined || matchesAnyTerm(required.nodeSelectorTerms)(node);
}

/** The smallest claims first: larger ones shall not take what only just fits them. */
function inOrderOfSize(claims: readonly Claim[]): readonly Claim[] {
  return claims.length < 2 ? claims : [...claims].sort((a, b) => requestOf(a) - requestOf(b));
}

const requestOf = (claim: Claim): number => amountOf(claim.spec?.resources?.requests?.storage ?? '0');
const capacityOf = (volume: Volume): number => amountOf(volume.spec?.capacity?.storage ?? '0');

/** The volume set aside for the claim, else the smallest free one that meets all that it asks for. */
function smallestFit(
  { objects, assumed }: VolumeFinder,
  claim: Claim,
  node: NodeInfo,
  chosen: ReadonlySet<string>,
): Volume | undefined {
  const { namespace = '', name, uid } = claim.metadata;
  const wantedClass = classOf(claim);
  const selector = claim.spec?.selector ? selectorFromObject(claim.spec.selector) : undefined;
  let best: Volume | undefined;
  for (const volume of objects.list('persistentvolumes')) {
    if (chosen.has(volume.metadata.name) || classOf(volume) !== wantedClass) continue;
    if (volume.metadata.deletionTimestamp !== undefined || !reaches(volume, node)) continue;
    if (!offers(volume, claim)) continue;
    const { claimRef } = volume.spec ?? {};
    if (claimRef) {
      const isForClaim =
        claimRef.namespace === namespace && claimRef.name === name && (!claimRef.uid || claimRef.uid === uid);
      if (isForClaim) return volume;
      continue;
    }
    const takenBy = assumed.claimOf(volume.metadata.name);
    if (takenBy !== undefined && takenBy !== keyOf(claim)) continue;
    if (volume.status?.phase !== undefined && volume.status.phase !== 'Available') continue;
    if (selector && !selector.matches(volume.metadata.labels)) continue;
    if (best === undefined || capacityOf(volume) < capacityOf(best)) best = volume;
  }
  return best;
}

function offers(volume: Volume, claim: Claim): boolean {
  if ((volume.spec?.volumeMode ?? 'Filesystem') !== (claim.spec?.volumeMode ?? 'Filesystem')) return false;
  if (capacityOf(volume) < requestOf(claim)) return false;
  if ((volume.spec?.volumeAttributesClassName ?? '') !== (claim.spec?.volumeAttributesClassName ?? '')) return false;
  const modes = volume.spec?.accessModes ?? [];
  return (claim.spec?.accessModes ?? []).every((mode) => modes.includes(mode));
}

/** Why no volume can be made for the claim on the node; undefined where one can. */
function provisionProblem(objects: ClusterObjects, claim: Claim, node: NodeInfo): string | undefined {
  const storageClass = objects.get('storageclasses', classOf(claim));
  if (storageClass === undefined) return BIND_CONFLICT;
  if (storageClass.provisioner === '' || storageClass.provisioner === 'kubernetes.io/no-provisioner')
    return BIND_CONFLICT;
  if (!isAllowed(storageClass, node)) return BIND_CONFLICT;
  return hasSpace(objects, storageClass, claim, node) ? undefined : NOT_ENOUGH_SPACE;
}

function isAllowed({ allowedTopologies }: Class, { labels }: NodeLike): boolean {
  if (!allowedTopologies?.length) return true;
  return allowedTopologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => labels[key] !== undefined && values.includes(labels[key])),
  );
}

/** Asked only of drivers that publish their capacity (KEP-1472). */
function hasSpace(objects: ClusterObjects, storageClass: Class, claim: Claim, { labels }: NodeLike): boolean {
  if (!objects.get('csidrivers', storageClass.provisioner)?.spec.storageCapacity) return true;
  const wanted = requestOf(claim);
  for (const { storageClassName, capacity, maximumVolumeSize, nodeTopology } of objects.list('csistoragecapacities')) {
    if (storageClassName !== storageClass.metadata.name) continue;
    const limit = maximumVolumeSize ?? capacity;
    if (limit === undefined || amountOf(limit) < wanted || nodeTopology === undefined) continue;
    if (selectorFromObject(nodeTopology).matches(labels)) return true;
  }
  return false;
}

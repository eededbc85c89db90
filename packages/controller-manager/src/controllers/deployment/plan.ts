import type { DeepReadonly, Deployment, ReplicaSet } from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import { resolveIntOrPercent } from './fraction.js';

type Deploy = DeepReadonly<Deployment>;
type Set = Cached<ReplicaSet>;

/** A ReplicaSet's new size. */
export interface ScaleStep {
  readonly replicaSet: Set;
  readonly replicas: number;
}

const sizeOf = (replicaSet: DeepReadonly<ReplicaSet>) => replicaSet.spec?.replicas ?? 1;
/** Of a ReplicaSet that was just made smaller the status still counts pods that are about to go. */
const availableOf = (replicaSet: DeepReadonly<ReplicaSet>) =>
  Math.min(replicaSet.status?.availableReplicas ?? 0, sizeOf(replicaSet));
/** Of one that was just made smaller some pods are still there. */
const presentOf = (replicaSet: DeepReadonly<ReplicaSet>) =>
  Math.max(sizeOf(replicaSet), replicaSet.status?.replicas ?? 0);
const sum = (sets: readonly Set[], value: (set: Set) => number) => sets.reduce((total, set) => total + value(set), 0);
const isRolling = (deployment: Deploy) => deployment.spec?.strategy?.type !== 'Recreate';

export function desiredReplicas(deployment: Deploy): number {
  return deployment.spec?.replicas ?? 1;
}

export function maxSurge(deployment: Deploy): number {
  if (!isRolling(deployment)) return 0;
  return resolveIntOrPercent(
    deployment.spec?.strategy?.rollingUpdate?.maxSurge ?? '25%',
    desiredReplicas(deployment),
    'up',
  );
}

/** Never above the size, and 1 where both bounds come to 0: else nothing could ever move. */
export function maxUnavailable(deployment: Deploy): number {
  if (!isRolling(deployment)) return 0;
  const replicas = desiredReplicas(deployment);
  const value = resolveIntOrPercent(
    deployment.spec?.strategy?.rollingUpdate?.maxUnavailable ?? '25%',
    replicas,
    'down',
  );
  const bound = value === 0 && maxSurge(deployment) === 0 ? 1 : value;
  return Math.min(bound, replicas);
}

/** How large the newest ReplicaSet may be now. `all` includes it where it exists. */
export function newReplicaSetSize(deployment: Deploy, all: readonly Set[], present: number): number {
  const replicas = desiredReplicas(deployment);
  if (!isRolling(deployment)) return replicas;
  const room = replicas + maxSurge(deployment) - sum(all, presentOf);
  return room <= 0 ? present : present + Math.min(room, replicas - present);
}

/** A rolling update's next step for the newest ReplicaSet. */
export function planNewReplicaSet(deployment: Deploy, newest: Set, all: readonly Set[]): ScaleStep | undefined {
  const present = sizeOf(newest);
  const replicas = desiredReplicas(deployment);
  if (present === replicas) return undefined;
  const next = present > replicas ? replicas : newReplicaSetSize(deployment, all, present);
  return next === present ? undefined : { replicaSet: newest, replicas: next };
}

/** A rolling update's next steps for the others: first what is not available anyway, then as far as enough stays. */
export function planOldReplicaSets(deployment: Deploy, newest: Set, old: readonly Set[]): ScaleStep[] {
  if (sum(old, sizeOf) === 0) return [];
  const minAvailable = desiredReplicas(deployment) - maxUnavailable(deployment);
  const newUnavailable = sizeOf(newest) - availableOf(newest);
  const maxScaledDown = sum([...old, newest], sizeOf) - minAvailable - newUnavailable;
  if (maxScaledDown <= 0) return [];
  const sizes = new Map(old.map((replicaSet) => [replicaSet, sizeOf(replicaSet)]));
  const oldestFirst = [...old].sort(byCreation);
  let unhealthyLeft = maxScaledDown;
  for (const replicaSet of oldestFirst) {
    const size = sizeOf(replicaSet);
    const count = Math.min(unhealthyLeft, Math.max(0, size - availableOf(replicaSet)));
    unhealthyLeft -= count;
    sizes.set(replicaSet, size - count);
  }
  let healthyLeft = sum([...old, newest], availableOf) - minAvailable;
  for (const replicaSet of oldestFirst) {
    const size = sizes.get(replicaSet) ?? 0;
    const count = Math.min(Math.max(0, healthyLeft), size);
    healthyLeft -= count;
    sizes.set(replicaSet, size - count);
  }
  return [...sizes].flatMap(([replicaSet, replicas]) =>
    replicas === sizeOf(replicaSet) ? [] : [{ replicaSet, replicas }],
  );
}

/**
 * The sizes after the Deployment itself was resized: of the one active
 * ReplicaSet, or, in the middle of a rolling update, of all in proportion.
 */
export function planScaling(deployment: Deploy, newest: Set | undefined, old: readonly Set[]): ScaleStep[] {
  const all = newest ? [...old, newest] : [...old];
  const active = all.filter((replicaSet) => sizeOf(replicaSet) > 0);
  const replicas = desiredReplicas(deployment);
  const [only] = active;
  if (active.length <= 1) {
    const target = only ?? newest ?? [...all].sort(byCreation).at(-1);
    return target && sizeOf(target) !== replicas ? [{ replicaSet: target, replicas }] : [];
  }
  if (newest && availableOf(newest) === replicas && sizeOf(newest) === replicas)
    return old.filter((replicaSet) => sizeOf(replicaSet) > 0).map((replicaSet) => ({ replicaSet, replicas: 0 }));
  return isRolling(deployment) ? planProportionally(deployment, active) : [];
}

function planProportionally(deployment: Deploy, active: readonly Set[]): ScaleStep[] {
  const replicas = desiredReplicas(deployment);
  const allowed = replicas > 0 ? replicas + maxSurge(deployment) : 0;
  const toAdd = allowed - sum(active, sizeOf);
  if (toAdd === 0) return [];
  const largestFirst = [...active].sort(
    (a, b) => sizeOf(b) - sizeOf(a) || (toAdd > 0 ? byCreation(b, a) : byCreation(a, b)),
  );
  const sizes = new Map<Set, number>();
  let added = 0;
  for (const replicaSet of largestFirst) {
    const size = sizeOf(replicaSet);
    const maximum =
      Number(replicaSet.metadata.annotations?.['deployment.kubernetes.io/max-replicas']) ||
      (deployment.status?.replicas ?? 0);
    const share = maximum > 0 ? Math.round((size * allowed) / maximum) - size : 0;
    const left = toAdd - added;
    const change = toAdd > 0 ? Math.min(Math.max(share, 0), left) : Math.max(Math.min(share, 0), left);
    sizes.set(replicaSet, size + change);
    added += change;
  }
  const [first] = largestFirst;
  if (first) sizes.set(first, Math.max(0, (sizes.get(first) ?? 0) + toAdd - added));
  return [...sizes].map(([replicaSet, size]) => ({ replicaSet, replicas: size }));
}

/** Finished old ReplicaSets beyond the history that is kept, oldest revision first. */
export function planCleanup(deployment: Deploy, old: readonly Set[], revisionOf: (set: Set) => bigint): Set[] {
  const limit = deployment.spec?.revisionHistoryLimit ?? 10;
  const alive = old.filter((replicaSet) => replicaSet.metadata.deletionTimestamp === undefined);
  const surplus = [...alive]
    .sort((a, b) => byRevision(revisionOf(a), revisionOf(b)) || byCreation(a, b))
    .slice(0, Math.max(0, alive.length - limit));
  return surplus.filter(
    (replicaSet) =>
      sizeOf(replicaSet) === 0 &&
      (replicaSet.status?.replicas ?? 0) === 0 &&
      (replicaSet.metadata.generation ?? 0) <= (replicaSet.status?.observedGeneration ?? 0),
  );
}

const byRevision = (a: bigint, b: bigint): number => (a < b ? -1 : Number(a > b));

export function byCreation(a: Set, b: Set): number {
  const difference = Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp);
  return difference || (a.metadata.name < b.metadata.name ? -1 : 1);
}

import type { DeepReadonly, Deployment, DeploymentStatus, ReplicaSet } from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import { Conditions } from './conditions.js';
import { desiredReplicas, maxUnavailable } from './plan.js';

type Set = Cached<ReplicaSet>;

export interface StatusInput {
  readonly deployment: Cached<Deployment>;
  readonly newest: Set | undefined;
  /** The newest included. */
  readonly all: readonly Set[];
  /** What the newest ReplicaSet's being there says, if anything. */
  readonly found?: { readonly reason: 'NewReplicaSetCreated' | 'FoundNewReplicaSet'; readonly name: string };
  /** Why the newest ReplicaSet could not be made. */
  readonly createError?: string;
  readonly collisionCount?: number;
  readonly nowMs: number;
}

export interface StatusPlan {
  readonly status: DeploymentStatus;
  /** When the progress deadline must be looked at again. */
  readonly requeueAfterMs: number | undefined;
}

const count = (
  sets: readonly Set[],
  field: 'replicas' | 'readyReplicas' | 'availableReplicas' | 'terminatingReplicas',
) => sets.reduce((total, { status }) => total + (status?.[field] ?? 0), 0);

/** The status that the ReplicaSets give, with Kubernetes' conditions. */
export function planStatus(input: StatusInput): StatusPlan {
  const { deployment, newest, all, nowMs, collisionCount } = input;
  const available = count(all, 'availableReplicas');
  const total = all.reduce((sum, { spec }) => sum + (spec?.replicas ?? 1), 0);
  const counts = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: count(all, 'replicas'),
    updatedReplicas: newest?.status?.replicas ?? 0,
    readyReplicas: count(all, 'readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, total - available),
    terminatingReplicas: count(all, 'terminatingReplicas'),
  };
  const collisions = collisionCount ?? deployment.status?.collisionCount;
  const conditions = new Conditions(deployment.status?.conditions ?? [], nowMs);
  const enough = available >= desiredReplicas(deployment) - maxUnavailable(deployment);
  conditions.set(
    'Available',
    enough ? 'True' : 'False',
    enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    enough ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
  );
  const requeueAfterMs = setProgressing(conditions, input, counts);
  setReplicaFailure(conditions, input);
  return {
    status: { ...counts, ...(collisions ? { collisionCount: collisions } : {}), conditions: conditions.list() },
    requeueAfterMs,
  };
}

type Counts = Required<Pick<DeploymentStatus, 'replicas' | 'updatedReplicas' | 'availableReplicas' | 'readyReplicas'>>;

function isComplete(deployment: DeepReadonly<Deployment>, counts: Omit<Counts, 'readyReplicas'>): boolean {
  const replicas = desiredReplicas(deployment);
  return counts.updatedReplicas === replicas && counts.replicas === replicas && counts.availableReplicas === replicas;
}

/** A finished rollout: all pods are of the newest template, available, and no other is left. */
export function isRolloutComplete(
  deployment: DeepReadonly<Deployment>,
  newest: Set | undefined,
  all: readonly Set[],
): boolean {
  return isComplete(deployment, {
    replicas: count(all, 'replicas'),
    updatedReplicas: newest?.status?.replicas ?? 0,
    availableReplicas: count(all, 'availableReplicas'),
  });
}

/** Stands for no deadline at all, as an absent one does. */
const NO_DEADLINE_SECONDS = 2 ** 31 - 1;

/** How the rollout goes on (Deployment documentation, "Deployment status"); in how many milliseconds to look again. */
function setProgressing(conditions: Conditions, input: StatusInput, counts: Counts): number | undefined {
  const { deployment, newest, found, createError } = input;
  const deadlineSeconds = deployment.spec?.progressDeadlineSeconds ?? NO_DEADLINE_SECONDS;
  if (deadlineSeconds === NO_DEADLINE_SECONDS) {
    conditions.remove('Progressing');
    return undefined;
  }
  setPaused(conditions, deployment.spec?.paused === true);
  if (deployment.spec?.paused) return undefined;
  if (createError !== undefined) {
    conditions.set('Progressing', 'False', 'ReplicaSetCreateError', createError);
    return undefined;
  }
  if (found && (found.reason === 'NewReplicaSetCreated' || conditions.get('Progressing') === undefined)) {
    const text = found.reason === 'NewReplicaSetCreated' ? 'Created new' : 'Found new';
    conditions.set('Progressing', 'True', found.reason, `${text} replica set "${found.name}"`);
  }
  // A finished rollout stays one, whatever becomes of its pods later.
  const wasComplete = conditions.get('Progressing')?.reason === 'NewReplicaSetAvailable';
  if (wasComplete && counts.replicas === counts.updatedReplicas) return undefined;
  const who = newest ? `ReplicaSet "${newest.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  if (isComplete(deployment, counts)) {
    conditions.set('Progressing', 'True', 'NewReplicaSetAvailable', `${who} has successfully progressed.`);
    return undefined;
  }
  if (hasProgressed(deployment, counts)) {
    conditions.renew('Progressing', 'True', 'ReplicaSetUpdated', `${who} is progressing.`);
    return deadlineSeconds * 1_000;
  }
  return setTimedOut(conditions, who, deadlineSeconds, input.nowMs);
}

/** One that has run out of time is not overwritten. */
function setPaused(conditions: Conditions, paused: boolean): void {
  const reason = conditions.get('Progressing')?.reason;
  if (reason === 'ProgressDeadlineExceeded') return;
  if (paused) conditions.set('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused');
  else if (reason === 'DeploymentPaused')
    conditions.set('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed');
}

function setTimedOut(conditions: Conditions, who: string, deadlineSeconds: number, nowMs: number): number | undefined {
  const before = conditions.get('Progressing');
  const isDecided = before?.reason === 'NewReplicaSetAvailable' || before?.reason === 'ProgressDeadlineExceeded';
  if (before === undefined || isDecided) return undefined;
  const sinceMs = Date.parse(before.lastUpdateTime ?? '') || nowMs;
  const leftMs = sinceMs + deadlineSeconds * 1_000 - nowMs;
  if (leftMs > 0) return leftMs;
  conditions.set('Progressing', 'False', 'ProgressDeadlineExceeded', `${who} has timed out progressing.`);
  return undefined;
}

const countsBefore = ({ status }: DeepReadonly<Deployment>): Counts => ({
  replicas: status?.replicas ?? 0,
  updatedReplicas: status?.updatedReplicas ?? 0,
  availableReplicas: status?.availableReplicas ?? 0,
  readyReplicas: status?.readyReplicas ?? 0,
});

function hasProgressed(deployment: DeepReadonly<Deployment>, counts: Counts): boolean {
  const before = countsBefore(deployment);
  return (
    counts.updatedReplicas > before.updatedReplicas ||
    counts.replicas - counts.updatedReplicas < before.replicas - before.updatedReplicas ||
    counts.readyReplicas > before.readyReplicas ||
    counts.availableReplicas > before.availableReplicas
  );
}

function setReplicaFailure(conditions: Conditions, { newest, all }: StatusInput): void {
  const failures = [newest, ...all]
    .flatMap((replicaSet) => replicaSet?.status?.conditions ?? [])
    .filter(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  const [failure] = failures;
  if (failure) conditions.set('ReplicaFailure', 'True', failure.reason ?? '', failure.message ?? '');
  else conditions.remove('ReplicaFailure');
}

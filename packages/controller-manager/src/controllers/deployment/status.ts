import type { DeepReadonly, Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import { desiredReplicas, maxUnavailable } from './plan.js';

type Set = Cached<ReplicaSet>;
type Condition = DeploymentCondition;

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

function isComplete(deployment: DeepReadonly<Deployment>, counts: Counts): boolean {
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
    readyReplicas: 0,
  });
}

const NO_DEADLINE_SECONDS = 2 ** 31 - 1;

function setProgressing(conditions: Conditions, input: StatusInput, counts: Counts): number | undefined {
  const { deployment, newest, found, createError, nowMs } = input;
  const deadlineSeconds = deployment.spec?.progressDeadlineSeconds ?? NO_DEADLINE_SECONDS;
  if (deadlineSeconds === NO_DEADLINE_SECONDS) {
    conditions.remove('Progressing');
    return undefined;
  }
  if (createError !== undefined) {
    conditions.set('Progressing', 'False', 'ReplicaSetCreateError', createError);
    return undefined;
  }
  const present = conditions.get('Progressing');
  if (deployment.spec?.paused) {
    if (present?.reason !== 'DeploymentPaused' && present?.reason !== 'NewReplicaSetAvailable')
      conditions.set('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused');
    return undefined;
  }
  if (present?.reason === 'DeploymentPaused')
    conditions.set('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed');
  if (found && (found.reason === 'NewReplicaSetCreated' || conditions.get('Progressing') === undefined)) {
    const text = found.reason === 'NewReplicaSetCreated' ? 'Created new' : 'Found new';
    conditions.set('Progressing', 'True', found.reason, `${text} replica set "${found.name}"`);
  }
  const who = newest ? `ReplicaSet "${newest.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  const before = conditions.get('Progressing');
  const finished = before?.reason === 'NewReplicaSetAvailable' && !madeRevision(deployment, counts);
  if (isComplete(deployment, counts)) {
    conditions.set('Progressing', 'True', 'NewReplicaSetAvailable', `${who} has successfully progressed.`);
    return undefined;
  }
  if (hasProgressed(deployment, counts)) {
    conditions.renew('Progressing', 'True', 'ReplicaSetUpdated', `${who} is progressing.`);
    return deadlineSeconds * 1_000;
  }
  if (finished || before === undefined) return undefined;
  if (before.reason === 'ProgressDeadlineExceeded') return undefined;
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

/** The spec was changed since the status was last written. */
function madeRevision(deployment: Cached<Deployment>, counts: Counts): boolean {
  return (
    (deployment.metadata.generation ?? 0) > (deployment.status?.observedGeneration ?? 0) &&
    !isComplete(deployment, counts)
  );
}

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

/** The conditions as they change; one that stays keeps its times. */
class Conditions {
  #list: Condition[];
  readonly #now: string;

  constructor(present: readonly DeepReadonly<Condition>[], nowMs: number) {
    this.#list = present.map((condition) => ({ ...condition }));
    this.#now = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
  }

  get(type: string): Condition | undefined {
    return this.#list.find((condition) => condition.type === type);
  }

  set(type: string, status: string, reason: string, message: string): void {
    const present = this.get(type);
    if (present?.status === status && present.reason === reason && present.message === message) return;
    this.renew(type, status, reason, message);
  }

  /** Sets it with a new update time even where it says the same. */
  renew(type: string, status: string, reason: string, message: string): void {
    const present = this.get(type);
    const lastTransitionTime = present?.status === status ? (present.lastTransitionTime ?? this.#now) : this.#now;
    this.remove(type);
    this.#list.push({ type, status, lastUpdateTime: this.#now, lastTransitionTime, reason, message });
  }

  remove(type: string): void {
    this.#list = this.#list.filter((condition) => condition.type !== type);
  }

  list(): Condition[] {
    return this.#list;
  }
}

import type { DeepReadonly, Deployment, ReplicaSet } from '@kubelab/api';
import { maxSurge } from './plan.js';

export const REVISION = 'deployment.kubernetes.io/revision';
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';

/** What stays with the Deployment or is written for each ReplicaSet anew. */
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
]);

type Annotations = Record<string, string>;

const MAX_HISTORY_LENGTH = 2_000;

/** Revisions are 64 bits wide, more than a number holds exactly; 0 where there is none that can be read. */
export function revisionOf(object: DeepReadonly<Deployment | ReplicaSet>): bigint {
  return parseRevision(object.metadata?.annotations?.[REVISION]) ?? 0n;
}

function parseRevision(text: string | undefined): bigint | undefined {
  return text !== undefined && /^[+-]?\d+$/.test(text) ? fits(BigInt(text.replace('+', ''))) : undefined;
}

function fits(revision: bigint): bigint | undefined {
  return BigInt.asIntN(64, revision) === revision ? revision : undefined;
}

/**
 * The newest ReplicaSet's annotations: the Deployment's own (change-cause), and
 * its revision. Its sizes only while it is new: later they say what it was last
 * sized for, by which a change of the Deployment's size is told.
 */
export function newReplicaSetAnnotations(
  deployment: DeepReadonly<Deployment>,
  present: DeepReadonly<ReplicaSet> | undefined,
  revision: bigint,
): Annotations {
  const annotations: Annotations = { ...present?.metadata?.annotations };
  for (const [key, value] of Object.entries(deployment.metadata?.annotations ?? {}))
    if (!NOT_COPIED.has(key)) annotations[key] = value;
  const old = annotations[REVISION];
  const oldRevision = parseRevision(old);
  const isRollback = old !== undefined && oldRevision !== undefined && oldRevision < revision;
  if (isRollback) annotations[REVISION_HISTORY] = longerHistory(annotations[REVISION_HISTORY] ?? '', old);
  if (old === undefined || isRollback) annotations[REVISION] = String(revision);
  return present ? annotations : { ...annotations, ...sizeAnnotations(deployment) };
}

/** The oldest revisions are forgotten first. */
function longerHistory(history: string, revision: string): string {
  const revisions = [...history.split(',').filter((each) => each !== ''), revision];
  while (revisions.join(',').length > MAX_HISTORY_LENGTH) revisions.shift();
  return revisions.join(',');
}

/** By these a change of the Deployment's size is told from a rolling update. */
export function sizeAnnotations(deployment: DeepReadonly<Deployment>): Annotations {
  const replicas = deployment.spec?.replicas ?? 1;
  return { [DESIRED_REPLICAS]: String(replicas), [MAX_REPLICAS]: String(replicas + maxSurge(deployment)) };
}

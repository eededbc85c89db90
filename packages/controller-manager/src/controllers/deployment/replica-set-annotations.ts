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

export function revisionOf(object: DeepReadonly<Deployment | ReplicaSet>): number {
  return Number.parseInt(object.metadata?.annotations?.[REVISION] ?? '', 10) || 0;
}

/** The newest ReplicaSet's annotations: the Deployment's own (change-cause), its revision and its sizes. */
export function newReplicaSetAnnotations(
  deployment: DeepReadonly<Deployment>,
  present: DeepReadonly<ReplicaSet> | undefined,
  revision: number,
): Annotations {
  const annotations: Annotations = { ...present?.metadata?.annotations };
  for (const [key, value] of Object.entries(deployment.metadata?.annotations ?? {}))
    if (!NOT_COPIED.has(key)) annotations[key] = value;
  const old = annotations[REVISION];
  if (present && old !== undefined && Number(old) < revision) {
    const history = [annotations[REVISION_HISTORY], old].filter(Boolean).join(',');
    annotations[REVISION_HISTORY] = history;
  }
  if (old === undefined || Number(old) < revision) annotations[REVISION] = String(revision);
  return { ...annotations, ...sizeAnnotations(deployment) };
}

/** By these a change of the Deployment's size is told from a rolling update. */
export function sizeAnnotations(deployment: DeepReadonly<Deployment>): Annotations {
  const replicas = deployment.spec?.replicas ?? 1;
  return { [DESIRED_REPLICAS]: String(replicas), [MAX_REPLICAS]: String(replicas + maxSurge(deployment)) };
}

import {
  conflict,
  type DeleteOptions,
  deepClone,
  type ObjectKey,
  type Persisted,
  type Pod,
  type PodCondition,
} from '@kubelab/api';
import { timestamp } from '../metadata.js';
import type { RequestContext } from '../request.js';
import type { Scope } from '../scope.js';
import { transform } from '../transform.js';

const CONDITION = 'DisruptionTarget';

/**
 * Gives a pod the condition DisruptionTarget (KEP-3329); resolves with the version that has it.
 * @throws ApiError NotFound, Conflict where the preconditions do not hold
 */
export async function markDisrupted(
  scope: Scope<Pod>,
  key: ObjectKey,
  { preconditions }: DeleteOptions,
  context: RequestContext,
): Promise<string> {
  const condition: PodCondition = {
    type: CONDITION,
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    lastTransitionTime: timestamp(scope.nowMs()),
  };
  const answer = await transform(scope, {
    key,
    expectedVersion: '',
    dryRun: false,
    context,
    change: async (old) => {
      const { uid, resourceVersion, name } = old.metadata;
      if (preconditions?.uid && preconditions.uid !== uid) {
        const why = `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
        throw conflict(scope.resource, name, why);
      }
      if (preconditions?.resourceVersion && preconditions.resourceVersion !== resourceVersion) {
        const why = `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
        throw conflict(scope.resource, name, why);
      }
      const object: Pod = deepClone(old);
      const conditions = object.status?.conditions ?? [];
      if (!conditions.some(({ type, status }) => type === CONDITION && status === 'True')) {
        object.status = {
          ...object.status,
          conditions: [...conditions.filter(({ type }) => type !== CONDITION), condition],
        };
      }
      return { object, reservation: undefined };
    },
  });
  return (answer.object as Persisted<Pod>).metadata.resourceVersion;
}

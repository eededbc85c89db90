import {
  ApiError,
  conflict,
  deepClone,
  OBJECT_MODIFIED,
  type Persisted,
  type Pod,
  type PodDisruptionBudget,
  podDisruptionBudgets,
  selectorFromObject,
} from '@kubelab/api';
import { forbiddenObject } from '../../admission/forbidden-object.js';
import { type Storage, StorageConflict, type StoredObject } from '../../storage/storage.js';
import { timestamp } from '../metadata.js';
import type { RequestContext } from '../request.js';

/** Evictions that the disruption controller has not seen to their end: with more, it does not keep up. */
const MAX_DISRUPTED_PODS = 2000;
const MAX_ATTEMPTS = 20;
const RETRY_SECONDS = 10;
const REFUSED = "Cannot evict pod as it would violate the pod's disruption budget.";
const CONDITION = 'DisruptionAllowed';

type Budget = Persisted<PodDisruptionBudget>;

/** The PodDisruptionBudgets, as evictions ask them. */
export interface DisruptionBudgets {
  /**
   * The one that covers the pod, if any.
   * @throws ApiError InternalError for more than one
   */
  budgetOf(pod: Persisted<Pod>): Promise<Budget | undefined>;
  /**
   * Counts one disruption.
   * @throws ApiError TooManyRequests where none is allowed, Forbidden
   */
  take(budget: Budget, podName: string, call: { dryRun: boolean; context: RequestContext }): Promise<void>;
}

export function createDisruptionBudgets(storage: Storage, nowMs: () => number = Date.now): DisruptionBudgets {
  const stored = storage.forResource(podDisruptionBudgets);
  return {
    async budgetOf({ metadata }) {
      const { namespace = '', labels } = metadata;
      const page = await stored.list({
        namespace,
        limit: 0,
        continueToken: '',
        resourceVersion: '',
        resourceVersionMatch: '',
      });
      const covering = page.items
        .map(({ object }) => object as Budget)
        // An empty selector covers every pod of the namespace (policy/v1), an absent one none.
        .filter(({ spec }) => spec?.selector !== undefined && selectorFromObject(spec.selector).matches(labels));
      if (covering.length < 2) return covering[0];
      const message =
        'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
      throw new ApiError('InternalError', message);
    },

    async take(budget, podName, { dryRun, context }) {
      const { namespace = '', name } = budget.metadata;
      const key = { namespace, name };
      let base: StoredObject<PodDisruptionBudget> | undefined = await stored.get(key);
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
        // The budget was deleted meanwhile: nothing is in the way.
        if (base === undefined) return;
        const next = withOneTaken(base.object, podName, nowMs());
        if (dryRun) return;
        try {
          await stored.update(key, next, base.version, { trace: context.trace });
          return;
        } catch (error) {
          if (!(error instanceof StorageConflict)) throw error;
          base = error.present as StoredObject<PodDisruptionBudget> | undefined;
        }
      }
      throw conflict(podDisruptionBudgets, name, OBJECT_MODIFIED);
    },
  };
}

/** @throws ApiError TooManyRequests, Forbidden */
function withOneTaken(old: Budget, podName: string, nowMs: number): PodDisruptionBudget {
  const { name, generation = 0 } = old.metadata;
  const { observedGeneration = 0, disruptionsAllowed = 0, disruptedPods = {} } = old.status ?? {};
  if (observedGeneration < generation) throw stillProcessed(name);
  const refuse = (why: string) => forbiddenObject({ group: 'policy', plural: 'poddisruptionbudget' }, name, why);
  if (disruptionsAllowed < 0) throw refuse('pdb disruptions allowed is negative');
  if (Object.keys(disruptedPods).length > MAX_DISRUPTED_PODS) {
    throw refuse('DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  }
  if (disruptionsAllowed === 0) throw refused(whyNoneIsAllowed(old), 0);
  const next: PodDisruptionBudget = deepClone(old);
  const status = {
    ...next.status,
    currentHealthy: next.status?.currentHealthy ?? 0,
    desiredHealthy: next.status?.desiredHealthy ?? 0,
    expectedPods: next.status?.expectedPods ?? 0,
    disruptionsAllowed: disruptionsAllowed - 1,
    disruptedPods: { ...disruptedPods, [podName]: timestamp(nowMs) },
  };
  next.status = status.disruptionsAllowed > 0 ? status : { ...status, conditions: withNoneAllowed(old, nowMs) };
  return next;
}

function withNoneAllowed({ status }: Budget, nowMs: number) {
  const conditions = status?.conditions ?? [];
  const present = conditions.find(({ type }) => type === CONDITION);
  const condition = {
    type: CONDITION,
    status: 'False',
    reason: 'InsufficientPods',
    message: '',
    observedGeneration: status?.observedGeneration ?? 0,
    lastTransitionTime: present?.status === 'False' ? present.lastTransitionTime : timestamp(nowMs),
  };
  return [...conditions.filter(({ type }) => type !== CONDITION), condition];
}

function whyNoneIsAllowed({ metadata, status }: Budget): string {
  const { currentHealthy = 0, desiredHealthy = 0, conditions = [] } = status ?? {};
  const budget = `The disruption budget ${metadata.name}`;
  const condition = conditions.find(({ type }) => type === CONDITION);
  const says = condition?.status === 'False' && condition.message !== '' ? condition : undefined;
  if (says?.reason === 'SyncFailed') {
    return `${budget} does not allow evicting pods currently because it failed sync: ${says.message}`;
  }
  if (currentHealthy <= desiredHealthy) {
    return `${budget} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  }
  if (says) return `${budget} does not allow evicting pods currently (${says.reason}): ${says.message}`;
  return `${budget} does not allow evicting pods currently`;
}

/** The controller has still to look at the budget, or at a pod of it. */
export function stillProcessed(name: string): ApiError {
  return refused(`The disruption budget ${name} is still being processed by the server.`, RETRY_SECONDS);
}

function refused(why: string, retryAfterSeconds: number): ApiError {
  return new ApiError('TooManyRequests', REFUSED, {
    details: {
      causes: [{ reason: 'DisruptionBudget', message: why }],
      ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}),
    },
  });
}

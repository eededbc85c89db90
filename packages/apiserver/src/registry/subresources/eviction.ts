import {
  ApiError,
  type DeleteOptions,
  type Eviction,
  isApiError,
  isPodReady,
  isPodTerminal,
  type KubernetesObject,
  notFound,
  type ObjectKey,
  type Persisted,
  type Pod,
  type PodDisruptionBudget,
  type Status,
} from '@kubelab/api';
import { admissionAttempt } from '../../admission/admission.js';
import { decodeDefinition } from '../decode.js';
import { deleteObject } from '../delete.js';
import { type Body, encodeAnswer, type RequestContext, type WriteAnswer, type WriteOptions } from '../request.js';
import type { Scope } from '../scope.js';
import { type DisruptionBudgets, stillProcessed } from './disruption-budgets.js';
import { markDisrupted } from './mark-disrupted.js';
import type { SubresourceVerbs } from './subresource.js';

/** How often a pod that changes meanwhile is looked at again. */
const MAX_ATTEMPTS = 20;
const BETA_VERSION = 'policy/v1beta1';

/** pods/eviction: a delete that a PodDisruptionBudget may refuse. */
export function podEviction(budgets: DisruptionBudgets): SubresourceVerbs<Pod> {
  return { create: (...call) => evictPod(budgets, ...call) };
}

/**
 * Evicts a pod.
 * @throws ApiError BadRequest, NotFound, TooManyRequests (a budget refuses), Conflict (preconditions), Forbidden
 */
async function evictPod(
  budgets: DisruptionBudgets,
  scope: Scope<Pod>,
  key: ObjectKey,
  body: Body,
  options: WriteOptions,
  context: RequestContext,
): Promise<WriteAnswer> {
  const eviction = decodeDefinition<Eviction>('Eviction', withoutBeta(body), options.fieldValidation, context);
  if ((eviction.metadata?.name ?? '') !== key.name) {
    throw new ApiError('BadRequest', 'name in URL does not match name in Eviction object');
  }
  const dryRun = options.dryRun || (eviction.deleteOptions?.dryRun ?? []).length > 0;
  const deleteOptions: DeleteOptions = { ...eviction.deleteOptions, ...(dryRun ? { dryRun: ['All'] } : {}) };
  const attempt = admissionAttempt({
    operation: 'CREATE',
    resource: scope.resource,
    subresource: 'eviction',
    key,
    object: eviction as Pod,
    dryRun,
    context,
  });
  await scope.admission.admit(attempt.request);
  await scope.admission.validate(attempt.request);
  const call: EvictionCall = { scope, key, deleteOptions, dryRun, context };
  const pod = await deleteUnlessCounted(call);
  if (pod !== undefined) await deleteWithinBudget(call, pod, budgets);
  const status: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };
  return { answer: encodeAnswer(status as KubernetesObject), status: 201, name: key.name };
}

interface EvictionCall {
  readonly scope: Scope<Pod>;
  readonly key: ObjectKey;
  readonly deleteOptions: DeleteOptions;
  readonly dryRun: boolean;
  readonly context: RequestContext;
}

/** Deletes a pod that no budget counts; resolves with one that they do count, left as it is. */
async function deleteUnlessCounted(call: EvictionCall): Promise<Persisted<Pod> | undefined> {
  const { scope, key, deleteOptions } = call;
  const asksForVersion = deleteOptions.preconditions?.resourceVersion !== undefined;
  for (let attempt = 1; ; attempt += 1) {
    const pod = (await scope.storage.get(key))?.object;
    if (pod === undefined) throw notFound(scope.resource, key.name);
    const ends = isPodTerminal(pod) || pod.metadata.deletionTimestamp !== undefined;
    if (!ends && pod.status?.phase !== 'Pending') return pod;
    try {
      // A pod that has not begun may be about to: it goes only as it has been seen.
      await remove(call, ends || asksForVersion ? deleteOptions : atVersionOf(pod, deleteOptions));
      return undefined;
    } catch (error) {
      if (!isApiError(error, 'Conflict') || asksForVersion || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

async function deleteWithinBudget(call: EvictionCall, pod: Persisted<Pod>, budgets: DisruptionBudgets): Promise<void> {
  const { deleteOptions, dryRun, context } = call;
  const budget = await budgets.budgetOf(pod);
  if (budget === undefined) return remove(call, deleteOptions);
  const { name } = budget.metadata;
  if (isPodReady(pod) || !mayGoUnready(budget)) {
    await budgets.take(budget, pod.metadata.name, { dryRun, context });
    return remove(call, deleteOptions);
  }
  const asksForVersion = deleteOptions.preconditions?.resourceVersion !== undefined;
  try {
    // It is not counted as long as it is not ready.
    await remove(call, atVersionOf(pod, deleteOptions));
  } catch (error) {
    if (isApiError(error, 'Conflict') && !asksForVersion) throw stillProcessed(name);
    throw error;
  }
}

/** KEP-3017: what is not ready may go at once where the rest is well, or where the budget always lets it. */
function mayGoUnready({ spec, status }: Persisted<PodDisruptionBudget>): boolean {
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

function atVersionOf(pod: Persisted<Pod>, options: DeleteOptions): DeleteOptions {
  return { ...options, preconditions: { ...options.preconditions, resourceVersion: pod.metadata.resourceVersion } };
}

/** Says in the pod's status why it goes, and deletes it. */
async function remove({ scope, key, dryRun, context }: EvictionCall, options: DeleteOptions): Promise<void> {
  let asked = options;
  if (!dryRun) {
    const version = await markDisrupted(scope, key, options, context);
    if (options.preconditions?.resourceVersion !== undefined) {
      asked = { ...options, preconditions: { ...options.preconditions, resourceVersion: version } };
    }
  }
  await deleteObject(scope, key, asked, context);
}

/** Clients before 1.22 send policy/v1beta1, which says the same. */
function withoutBeta(body: Body): Body {
  if (!body.bytes.includes(BETA_VERSION)) return body;
  try {
    const object: unknown = JSON.parse(body.bytes.toString('utf8'));
    const { apiVersion } = object as KubernetesObject;
    if (apiVersion !== BETA_VERSION) return body;
    return { ...body, bytes: Buffer.from(JSON.stringify({ ...(object as object), apiVersion: 'policy/v1' })) };
  } catch {
    // Whoever decodes it says what is wrong with it.
    return body;
  }
}

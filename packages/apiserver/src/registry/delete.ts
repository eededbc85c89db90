import {
  conflict,
  type DeleteOptions,
  deepClone,
  deepEqual,
  type KubernetesObject,
  notFound,
  OBJECT_MODIFIED,
  type ObjectKey,
  type Persisted,
  type Status,
} from '@kubelab/api';
import { admissionAttempt } from '../admission/admission.js';
import { StorageConflict, type StoredObject } from '../storage/storage.js';
import { checkDeleteOptions, checkPreconditions, finalizersForDeletion } from './delete-options.js';
import { timestamp } from './metadata.js';
import { encodeAnswer, type ObjectAnswer, type RequestContext, type WriteAnswer } from './request.js';
import type { Scope } from './scope.js';
import { mayGo } from './transform.js';

const MAX_ATTEMPTS = 64;

/**
 * Deletes an object, or marks it as going where a grace period or finalizers
 * keep it. Answers with a Status when it is gone, where the kind has no better answer, else with the object.
 * @throws ApiError NotFound, Conflict (preconditions), Invalid, Forbidden
 */
export async function deleteObject<T extends KubernetesObject>(
  scope: Scope<T>,
  key: ObjectKey,
  options: DeleteOptions,
  context: RequestContext,
): Promise<WriteAnswer> {
  checkDeleteOptions(options);
  const { resource, storage } = scope;
  const dryRun = options.dryRun !== undefined && options.dryRun.length > 0;
  const subject = { operation: 'DELETE', resource, key, deleteOptions: options, dryRun, context } as const;
  await scope.admission.admit(admissionAttempt(subject).request);
  // What the cache has may be old: its refusals do not count, and a write based on it fails if it is.
  const cached = dryRun ? undefined : storage.getCached(key);
  let base = cached ?? (await storage.get(key));
  let fresh = cached === undefined;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    if (base === undefined) throw notFound(resource, key.name);
    try {
      const { object }: StoredObject<T> = base;
      checkPreconditions(resource, object, options);
      await scope.admission.validate(admissionAttempt({ ...subject, old: object }).request);
      const marked = markForDeletion(scope, object, options);
      if (marked === undefined || mayGo(scope, marked)) return await remove(scope, base, dryRun, context);
      if (fresh || !deepEqual(marked, object)) {
        return accepted(key.name, options, await mark(scope, base, marked, dryRun, context));
      }
      base = await storage.get(key);
    } catch (error) {
      if (error instanceof StorageConflict) base = error.present as StoredObject<T> | undefined;
      else if (fresh) throw error;
      else base = await storage.get(key);
    }
    fresh = true;
  }
  throw conflict(resource, key.name, OBJECT_MODIFIED);
}

/** What the object becomes until it may go; undefined when nothing keeps it. */
function markForDeletion<T extends KubernetesObject>(
  { resource, hook, nowMs }: Scope<T>,
  old: Persisted<T>,
  options: DeleteOptions,
): T | undefined {
  const { defaultPropagationPolicy } = resource.strategy;
  const finalizers = finalizersForDeletion(old.metadata.finalizers ?? [], options, defaultPropagationPolicy);
  const graceSeconds = graceOf(old, options);
  if (finalizers.length === 0 && graceSeconds === 0 && !hook?.holdsDeletion?.(old)) return undefined;
  const object = deepClone(old) as T & { metadata: Persisted['metadata'] };
  const { metadata } = object;
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  const first = metadata.deletionTimestamp === undefined;
  // A later delete may shorten the grace period, never lengthen it.
  if (first || graceSeconds < (metadata.deletionGracePeriodSeconds ?? 0)) {
    metadata.deletionTimestamp = timestamp(nowMs() + graceSeconds * 1000);
    metadata.deletionGracePeriodSeconds = graceSeconds;
    if (first && metadata.generation !== undefined) metadata.generation += 1;
  }
  hook?.markDeleted?.(object);
  return object;

  function graceOf(present: Persisted<T>, { gracePeriodSeconds }: DeleteOptions): number {
    const running = present.metadata.deletionGracePeriodSeconds;
    if (present.metadata.deletionTimestamp !== undefined && gracePeriodSeconds === undefined) return running ?? 0;
    // A kind or state that needs no time is given none, whatever is asked for.
    const usual = resource.strategy.defaultGracePeriodSeconds?.(present) ?? 0;
    return usual === 0 ? 0 : (gracePeriodSeconds ?? usual);
  }
}

async function mark<T extends KubernetesObject>(
  { storage }: Scope<T>,
  base: StoredObject<T>,
  marked: T,
  dryRun: boolean,
  { trace }: RequestContext,
) {
  if (deepEqual(marked, base.object)) return base;
  return dryRun ? encodeAnswer(marked) : storage.update(base.key, marked, base.version, { trace });
}

async function remove<T extends KubernetesObject>(
  { resource, storage, hook }: Scope<T>,
  base: StoredObject<T>,
  dryRun: boolean,
  { trace }: RequestContext,
): Promise<WriteAnswer> {
  const last = dryRun ? base : await storage.delete(base.key, base.version, { trace });
  if (!dryRun) await hook?.afterDelete?.(last.object);
  const { name, uid } = base.object.metadata;
  if (resource.strategy.returnsDeletedObject) return { answer: last, status: 200, name };
  const status: Status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...(resource.group ? { group: resource.group } : {}), kind: resource.plural, uid },
  };
  return { answer: encodeAnswer(status as KubernetesObject), status: 200, name };
}

/** 202 says that the object is still there; in Kubernetes only where the client asked in the old way to wait. */
function accepted(name: string, { orphanDependents }: DeleteOptions, answer: ObjectAnswer): WriteAnswer {
  return { answer, status: orphanDependents === false ? 202 : 200, name };
}

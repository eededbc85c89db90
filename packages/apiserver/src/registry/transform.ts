import {
  conflict,
  type KubernetesObject,
  notFound,
  OBJECT_MODIFIED,
  type ObjectKey,
  type Persisted,
} from '@kubelab/api';
import { StorageConflict, type StoredObject } from '../storage/storage.js';
import { compareVersions } from '../storage/versions.js';
import type { Prepared } from './prepared.js';
import { encodeAnswer, type ObjectAnswer, type RequestContext } from './request.js';
import type { Scope } from './scope.js';
import { isUnchanged, storeFitting } from './track-fields.js';

/** One object, from what it is to what it shall be. */
export interface Transformation<T extends KubernetesObject> {
  readonly key: ObjectKey;
  /** The version that the client has seen; "" when it does not say. */
  readonly expectedVersion: string;
  readonly dryRun: boolean;
  readonly context: RequestContext;
  /** Called again with a newer state when a race is lost. `old` is read-only; the result is the caller's own. */
  change(old: Persisted<T>): Promise<Prepared<T>>;
}

/** How often a race may be lost before the client is told to try again. */
const MAX_ATTEMPTS = 64;

/**
 * Changes a stored object, compared with the state that the change was worked
 * out from. A lost race is tried again, unless the client named a version.
 * The first attempt starts from the cache; its refusals count only once the
 * state has been seen to be the newest.
 * @throws ApiError NotFound, Conflict, and what `change` throws
 */
export async function transform<T extends KubernetesObject>(
  scope: Scope<T>,
  transformation: Transformation<T>,
): Promise<ObjectAnswer> {
  const { namespace, name } = transformation.key;
  return scope.turns.take(`${namespace}/${name}`, async (previous) => {
    const answer = await transformInTurn(scope, transformation, previous);
    return { answer, left: isStored(answer) ? (answer as StoredObject<T>) : undefined };
  });
}

/** What was stored has a version; the answer to a dry run has none. */
function isStored(answer: ObjectAnswer): answer is StoredObject {
  return 'version' in answer;
}

async function transformInTurn<T extends KubernetesObject>(
  scope: Scope<T>,
  transformation: Transformation<T>,
  previous: StoredObject<T> | undefined,
): Promise<ObjectAnswer> {
  const { storage } = scope;
  const { key, expectedVersion } = transformation;
  const cached = storage.getCached(key);
  let base = cached && previous && compareVersions(cached.version, previous.version) < 0 ? previous : cached;
  let fresh = false;
  if (base === undefined || (expectedVersion !== '' && base.version !== expectedVersion)) {
    base = await storage.get(key);
    fresh = true;
  }
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const current: StoredObject<T> = requireVersion(scope, key, base, expectedVersion);
    const outcome = await attemptChange(scope, transformation, current);
    if (outcome.kind === 'done' || (fresh && outcome.kind === 'unchanged')) return outcome.answer;
    if (fresh && outcome.kind === 'refused') throw outcome.error;
    if (outcome.kind === 'raced') {
      base = outcome.present;
    } else {
      base = await storage.get(key);
      if (base?.version === current.version && outcome.kind === 'unchanged') return outcome.answer;
      if (base?.version === current.version && outcome.kind === 'refused') throw outcome.error;
    }
    fresh = true;
  }
  throw conflict(scope.resource, key.name, OBJECT_MODIFIED);
}

type Outcome =
  | { readonly kind: 'done'; readonly answer: ObjectAnswer }
  /** Nothing differs from the base, which may be old. */
  | { readonly kind: 'unchanged'; readonly answer: ObjectAnswer }
  /** Not allowed, judged by the base, which may be old. */
  | { readonly kind: 'refused'; readonly error: unknown }
  | { readonly kind: 'raced'; readonly present: StoredObject | undefined };

async function attemptChange<T extends KubernetesObject>(
  scope: Scope<T>,
  { change, dryRun, key, context }: Transformation<T>,
  base: StoredObject<T>,
): Promise<Outcome & { present?: StoredObject<T> | undefined }> {
  let prepared: Prepared<T>;
  const old = base.object;
  try {
    prepared = await change(old);
  } catch (error) {
    return { kind: 'refused', error };
  }
  const { object, reservation } = prepared;
  if (isUnchanged(object, old)) {
    await reservation?.undo?.();
    return { kind: 'unchanged', answer: base };
  }
  if (dryRun) return { kind: 'done', answer: encodeAnswer(object) };
  try {
    const answer = mayGo(scope, object)
      ? await removeLast(scope, base, context)
      : await storeFitting(prepared, (fitting) =>
          scope.storage.update(key, fitting, base.version, { trace: context.trace }),
        );
    await reservation?.commit?.();
    return { kind: 'done', answer };
  } catch (error) {
    // Any other failure leaves open whether the write was made; what was reserved is then kept, and found by repair.
    if (!(error instanceof StorageConflict)) throw error;
    await reservation?.undo?.();
    return { kind: 'raced', present: error.present as StoredObject<T> | undefined };
  }
}

function requireVersion<T extends KubernetesObject>(
  { resource }: Scope<T>,
  { name }: ObjectKey,
  base: StoredObject<T> | undefined,
  expectedVersion: string,
): StoredObject<T> {
  if (base === undefined) throw notFound(resource, name);
  if (expectedVersion !== '' && base.version !== expectedVersion) throw conflict(resource, name, OBJECT_MODIFIED);
  return base;
}

/** An object whose deletion is due goes with its last finalizer. */
export function mayGo<T extends KubernetesObject>({ hook }: Scope<T>, object: T): boolean {
  const { metadata } = object;
  return (
    metadata?.deletionTimestamp !== undefined &&
    (metadata.finalizers ?? []).length === 0 &&
    (metadata.deletionGracePeriodSeconds ?? 0) === 0 &&
    !hook?.holdsDeletion?.(object)
  );
}

async function removeLast<T extends KubernetesObject>(
  scope: Scope<T>,
  base: StoredObject<T>,
  { trace }: RequestContext,
): Promise<ObjectAnswer> {
  const last = await scope.storage.delete(base.key, base.version, { trace });
  await scope.hook?.afterDelete?.(last.object);
  return last;
}

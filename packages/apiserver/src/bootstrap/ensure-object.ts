import { deepEqual, isApiError, type KubernetesObject, type ObjectKey, type Persisted } from '@kubelab/api';
import { APISERVER_USER } from '../authn/user.js';
import { createDecoded } from '../registry/create.js';
import { prepareForUpdate } from '../registry/prepare.js';
import type { RequestContext } from '../registry/request.js';
import type { Scope } from '../registry/scope.js';
import { transform } from '../registry/transform.js';

/** For what the apiserver writes of its own accord: no trace, nobody to warn. */
export function ownContext(signal: AbortSignal): RequestContext {
  return { user: APISERVER_USER, trace: undefined, signal, warn: () => {} };
}

/** Makes sure that the object exists; one that does is left as it is. */
export async function ensureExists<T extends KubernetesObject>(
  scope: Scope<T>,
  object: T,
  signal: AbortSignal,
): Promise<void> {
  const { name = '', namespace = '' } = object.metadata ?? {};
  if (scope.storage.getCached({ namespace, name }) !== undefined) return;
  try {
    await createDecoded(scope, object, namespace, { dryRun: false, fieldValidation: 'Strict' }, ownContext(signal));
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
  }
}

/**
 * Makes sure that the object exists and that its top-level fields named by
 * `desired` (metadata apart: there only labels) are as they are there.
 */
export async function ensureState<T extends KubernetesObject>(
  scope: Scope<T>,
  desired: T,
  signal: AbortSignal,
): Promise<void> {
  const { name = '', namespace = '' } = desired.metadata ?? {};
  const key: ObjectKey = { namespace, name };
  const stored = await scope.storage.get(key, signal);
  if (stored === undefined) {
    await ensureExists(scope, structuredClone(desired), signal);
    return;
  }
  if (agrees(stored.object, desired)) return;
  const context = ownContext(signal);
  await transform(scope, {
    key,
    expectedVersion: '',
    dryRun: false,
    context,
    change: (old) =>
      prepareForUpdate(scope, merged(old, desired), old, { key, subresource: '', dryRun: false, context }),
  });
}

function agrees<T extends KubernetesObject>(stored: Persisted<T>, desired: T): boolean {
  return deepEqual(merged(stored, desired), stored);
}

function merged<T extends KubernetesObject>(stored: Persisted<T>, desired: T): T {
  const { apiVersion, kind, metadata, ...rest } = structuredClone(desired);
  const copy = structuredClone(stored) as T;
  copy.metadata = { ...copy.metadata, labels: { ...copy.metadata?.labels, ...metadata?.labels } };
  if (Object.keys(copy.metadata.labels ?? {}).length === 0) delete copy.metadata.labels;
  return Object.assign(copy, rest);
}

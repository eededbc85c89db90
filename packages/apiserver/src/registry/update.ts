import { deepClone, invalid, isApiError, type KubernetesObject, type ObjectKey, type Persisted } from '@kubelab/api';
import { createDecoded } from './create.js';
import { decodeBody } from './decode.js';
import { alignWithKey, checkUid, expectedVersionOf } from './metadata.js';
import { prepareForUpdate } from './prepare.js';
import type { Body, RequestContext, WriteAnswer, WriteOptions } from './request.js';
import type { Scope } from './scope.js';
import { withoutManagedFields } from './track-fields.js';
import { transform } from './transform.js';

/**
 * Replaces an object, or its status where `subresource` is "status".
 * @throws ApiError BadRequest, Invalid, NotFound, Conflict
 */
export async function updateObject<T extends KubernetesObject>(
  scope: Scope<T>,
  key: ObjectKey,
  subresource: string,
  body: Body,
  options: WriteOptions,
  context: RequestContext,
): Promise<WriteAnswer> {
  const { resource } = scope;
  const sent = decodeBody(resource, body, options.fieldValidation, context);
  const metadata = alignWithKey(sent, resource, key);
  const expectedVersion = expectedVersionOf(metadata);
  const isMain = subresource === '';
  const isUnconditional = expectedVersion === '' && isMain;
  try {
    const answer = await transform(scope, {
      key,
      expectedVersion,
      dryRun: options.dryRun,
      context,
      change: async (old) => {
        checkUid(resource, old, metadata.uid);
        if (isUnconditional && resource.strategy.allowUnconditionalUpdate === false) throw versionRequired(scope, key);
        const object = isMain ? copyOf(sent) : withStatusOf(sent, old);
        return prepareForUpdate(scope, object, old, { key, subresource, dryRun: options.dryRun, context });
      },
    });
    return { answer, status: 200, name: key.name };
  } catch (error) {
    if (!isMain || !resource.strategy.allowCreateOnUpdate || !isApiError(error, 'NotFound')) throw error;
    delete metadata.resourceVersion;
    return createDecoded(scope, sent, key.namespace, options, context);
  }
}

/** `old` with the status, labels, annotations and finalizers of `sent`: what a status update may change. */
export function withStatusOf<T extends KubernetesObject>(sent: T, old: Persisted<T>): T {
  const { labels, annotations, finalizers, uid, resourceVersion } = sent.metadata ?? {};
  const { status: _before, ...kept } = old as Persisted<T> & { status?: unknown };
  const object = copyOf(kept as unknown as T) as T & { status?: unknown };
  object.metadata = { ...object.metadata, labels, annotations, finalizers, ...(uid ? { uid } : {}), resourceVersion };
  const { status } = sent as { status?: unknown };
  if (status !== undefined) object.status = deepClone(status);
  return object;
}

/** All of it but managedFields, which are replaced and never changed, and are the largest part of many an object. */
function copyOf<T extends KubernetesObject>(object: T): T {
  const managedFields = object.metadata?.managedFields;
  if (managedFields === undefined) return deepClone(object);
  const copy = deepClone<T>(withoutManagedFields(object));
  copy.metadata = { ...copy.metadata, managedFields };
  return copy;
}

function versionRequired<T extends KubernetesObject>({ resource }: Scope<T>, { name }: ObjectKey) {
  return invalid(resource, name, [
    {
      field: 'metadata.resourceVersion',
      type: 'FieldValueInvalid',
      message: 'Invalid value: 0x0: must be specified for an update',
    },
  ]);
}

import {
  ApiError,
  type Applied,
  applyConfiguration,
  conflict,
  decodePatched,
  deepClone,
  isApiError,
  type KubernetesObject,
  type ObjectKey,
  type Persisted,
  readConfiguration,
} from '@kubelab/api';
import { createDecoded } from './create.js';
import { alignWithKey, checkUid, checkVersion, expectedVersionOf } from './metadata.js';
import { prepareForUpdate } from './prepare.js';
import type { Body, RequestContext, WriteAnswer, WriteOptions } from './request.js';
import type { Scope } from './scope.js';
import { setManagedFields, trackedWrite } from './track-fields.js';
import { transform } from './transform.js';
import { withStatusOf } from './update.js';

/** How often an object may appear and vanish while it is being applied to. */
const MAX_ATTEMPTS = 4;

/**
 * Server-side apply (KEP-555) to an object or its status. An object that is
 * not there is created; a status without an object is not.
 * @throws ApiError BadRequest, Conflict (fields of other managers, another uid or version), Invalid, NotFound
 */
export async function applyObject<T extends KubernetesObject>(
  scope: Scope<T>,
  key: ObjectKey,
  subresource: string,
  body: Body,
  options: WriteOptions,
  context: RequestContext,
): Promise<WriteAnswer> {
  const config = readBody(scope, body, options, context);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await applyToPresent(scope, key, subresource, config, options, context);
    } catch (error) {
      if (subresource !== '' || !isApiError(error, 'NotFound')) throw error;
    }
    try {
      return await createByApply(scope, key, config, options, context);
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !isApiError(error, 'AlreadyExists')) throw error;
    }
  }
}

function readBody<T extends KubernetesObject>(
  { resource }: Scope<T>,
  { bytes }: Body,
  options: WriteOptions,
  context: RequestContext,
): KubernetesObject {
  const { config, warnings } = readConfiguration(resource, bytes, options);
  for (const warning of warnings) context.warn(warning);
  return config;
}

/**
 * What applying the body makes of an object that is there, for subresources
 * that then take from it what is theirs.
 * @throws ApiError BadRequest, Conflict
 */
export function applier<T extends KubernetesObject>(
  scope: Scope<T>,
  key: ObjectKey,
  subresource: string,
  body: Body,
  options: WriteOptions,
  context: RequestContext,
) {
  const config = readBody(scope, body, options, context);
  return (old: Persisted<T>) => applyTo(scope, key, subresource, config, options, context, old);
}

/** Checked to be the object that is there. */
function applyTo<T extends KubernetesObject>(
  scope: Scope<T>,
  key: ObjectKey,
  subresource: string,
  config: KubernetesObject,
  options: WriteOptions,
  context: RequestContext,
  old: Persisted<T>,
) {
  const { resource } = scope;
  const applied = applyConfiguration(applicationOf(scope, subresource, options, context), old, config);
  const sent = decodeApplied(scope, applied);
  const metadata = alignWithKey(sent, resource, key);
  checkUid(resource, old, metadata.uid);
  checkVersion(resource, old, metadata);
  return { sent, managedFields: applied.managedFields, isApplied: true };
}

async function applyToPresent<T extends KubernetesObject>(
  scope: Scope<T>,
  key: ObjectKey,
  subresource: string,
  config: KubernetesObject,
  options: WriteOptions,
  context: RequestContext,
): Promise<WriteAnswer> {
  const { dryRun } = options;
  const answer = await transform(scope, {
    key,
    expectedVersion: '',
    dryRun,
    context,
    change: async (old) => {
      const { sent, managedFields } = applyTo(scope, key, subresource, config, options, context, old);
      const object = subresource === '' ? sent : withStatusOf(sent, old);
      setManagedFields(object, managedFields);
      return prepareForUpdate(scope, object, old, { key, subresource, dryRun, context, isApplied: true });
    },
  });
  return { answer, status: 200, name: key.name };
}

async function createByApply<T extends KubernetesObject>(
  scope: Scope<T>,
  key: ObjectKey,
  config: KubernetesObject,
  options: WriteOptions,
  context: RequestContext,
): Promise<WriteAnswer> {
  const { resource } = scope;
  const applied = applyConfiguration(applicationOf(scope, '', options, context), undefined, config);
  const object = decodeApplied(scope, applied);
  const { uid, name } = object.metadata ?? {};
  if (uid) {
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflict(resource, key.name, why);
  }
  if (!name) {
    throw new ApiError(
      'BadRequest',
      `the name of the object (${key.name} based on URL) was undeterminable: name must be provided`,
    );
  }
  const metadata = alignWithKey(object, resource, key);
  if (expectedVersionOf(metadata) !== '') {
    throw new ApiError('BadRequest', 'resourceVersion should not be set on objects to be created');
  }
  setManagedFields(object, applied.managedFields);
  return createDecoded(scope, object, key.namespace, options, context, { isApplied: true });
}

function applicationOf<T extends KubernetesObject>(
  scope: Scope<T>,
  subresource: string,
  { force = false }: WriteOptions,
  context: RequestContext,
) {
  return { ...trackedWrite(scope, subresource, context), force };
}

/** The object as the kind's type holds it: without nulls, and the caller's own. */
function decodeApplied<T extends KubernetesObject>({ resource }: Scope<T>, applied: Applied): T {
  const options = { fieldValidation: 'Ignore', patchText: '' } as const;
  return decodePatched<T>(resource.definition, deepClone<object>(applied.object), options).object;
}

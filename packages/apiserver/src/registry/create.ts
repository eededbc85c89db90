import {
  ApiError,
  alreadyExists,
  deepClone,
  type ErrorReason,
  invalid,
  isApiError,
  type KubernetesObject,
  type ObjectKey,
  type QualifiedResource,
} from '@kubelab/api';
import { StorageConflict } from '../storage/storage.js';
import { decodeBody } from './decode.js';
import { alignWithKey, expectedVersionOf, generateName } from './metadata.js';
import { type PrepareOptions, prepareForCreate } from './prepare.js';
import type { Prepared } from './prepared.js';
import { type Body, encodeAnswer, type RequestContext, type WriteAnswer, type WriteOptions } from './request.js';
import type { Scope } from './scope.js';
import { storeFitting } from './track-fields.js';

/** How many names are tried for a generateName before the client hears of it (KEP-4420). */
const MAX_GENERATED_NAMES = 8;

/** With these the storage says that it has done nothing. */
const NOTHING_WRITTEN: readonly ErrorReason[] = ['ServiceUnavailable', 'TooManyRequests', 'RequestEntityTooLarge'];

/**
 * Creates an object; `key.name` is "" unless the URL names it.
 * @throws ApiError BadRequest, Invalid, AlreadyExists, Forbidden, NotFound (its namespace)
 */
export async function createObject<T extends KubernetesObject>(
  scope: Scope<T>,
  key: ObjectKey,
  body: Body,
  options: WriteOptions,
  context: RequestContext,
): Promise<WriteAnswer> {
  const object = decodeBody(scope.resource, body, options.fieldValidation, context);
  const metadata = alignWithKey(object, scope.resource, key);
  if (expectedVersionOf(metadata) !== '') {
    throw new ApiError('BadRequest', 'resourceVersion should not be set on objects to be created');
  }
  return createDecoded(scope, object, key.namespace, options, context);
}

/** As {@link createObject}, for an object that is decoded already. Changes it. */
export async function createDecoded<T extends KubernetesObject>(
  scope: Scope<T>,
  object: T,
  namespace: string,
  options: WriteOptions,
  context: RequestContext,
  { isApplied }: Pick<PrepareOptions, 'isApplied'> = {},
): Promise<WriteAnswer> {
  const { resource } = scope;
  const { name: givenName = '', generateName: prefix = '' } = object.metadata ?? {};
  if (givenName === '' && prefix === '') throw nameRequired(resource);
  const attempts = givenName === '' ? MAX_GENERATED_NAMES : 1;
  for (let attempt = 1; ; attempt += 1) {
    const name = givenName || generateName(prefix);
    // What is filled in may have the name in it (a Job's labels): the next attempt starts afresh.
    const attempted = attempts === 1 ? object : deepClone(object);
    attempted.metadata = { ...attempted.metadata, name };
    const key = { namespace, name };
    const prepared = await prepareForCreate(scope, attempted, { key, dryRun: options.dryRun, context, isApplied });
    const answer = await store(scope, key, prepared, options, context);
    if (answer !== undefined) return { answer, status: 201, name };
    if (attempt === attempts) throw givenName === '' ? noUniqueName(resource, name) : alreadyExists(resource, name);
  }
}

/** Undefined when the name is taken. */
async function store<T extends KubernetesObject>(
  { storage, timeToLiveSeconds }: Scope<T>,
  key: ObjectKey,
  prepared: Prepared<T>,
  { dryRun }: WriteOptions,
  { trace }: RequestContext,
) {
  const { object, reservation } = prepared;
  if (dryRun) {
    const present = await storage.get(key);
    await reservation?.undo?.();
    return present === undefined ? encodeAnswer(object) : undefined;
  }
  try {
    const stored = await storeFitting(prepared, (fitting) =>
      storage.create(key, fitting, { trace, timeToLiveSeconds }),
    );
    await reservation?.commit?.();
    return stored;
  } catch (error) {
    if (error instanceof StorageConflict) {
      await reservation?.undo?.();
      return undefined;
    }
    // Any other failure leaves open whether the write was made; what was reserved is then kept, and found by repair.
    if (isApiError(error, ...NOTHING_WRITTEN)) await reservation?.undo?.();
    throw error;
  }
}

/** As Kubernetes' NewGenerateNameConflict: worth another try, by the client. */
function noUniqueName(resource: QualifiedResource, name: string): ApiError {
  const { message, details } = alreadyExists(resource, name);
  return new ApiError('AlreadyExists', `${message}, the server was not able to generate a unique name for the object`, {
    details: { ...details, retryAfterSeconds: 1 },
  });
}

function nameRequired(kind: { group: string; kind: string }): ApiError {
  const message = 'Required value: name or generateName is required';
  return invalid(kind, '', [{ field: 'metadata.name', type: 'FieldValueRequired', message }]);
}

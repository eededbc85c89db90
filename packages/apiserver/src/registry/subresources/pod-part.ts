import {
  deepClone,
  type FieldError,
  invalid,
  type ManagedFieldsEntry,
  type ObjectKey,
  PATCH_TYPES,
  type Persisted,
  type Pod,
} from '@kubelab/api';
import { admissionAttempt } from '../../admission/admission.js';
import { applier } from '../apply.js';
import { decodeBody } from '../decode.js';
import { getObject } from '../get.js';
import { alignWithKey, changesDesiredState, checkUid, checkVersion, expectedVersionOf } from '../metadata.js';
import { patcher } from '../patch.js';
import type { Prepared } from '../prepared.js';
import type { Body, RequestContext, WriteAnswer, WriteOptions } from '../request.js';
import type { Scope } from '../scope.js';
import { setManagedFields, trackFields } from '../track-fields.js';
import { transform } from '../transform.js';
import type { SubresourceVerbs } from './subresource.js';

/** A part of a pod's spec that only its own subresource may change. */
interface PodPart {
  readonly subresource: string;
  /** Takes that part, and nothing else, from what was sent. */
  take(pod: Pod, sent: Pod): void;
  validate(pod: Pod, old: Persisted<Pod>): FieldError[];
}

/** The verbs of such a subresource: the pod is read, and sent, whole. */
export function podPart(part: PodPart): SubresourceVerbs<Pod> {
  return {
    get: (scope, key) => getObject(scope, key, ''),
    update: (scope, key, body, options, context) => update(part, scope, key, body, options, context),
    patch: (scope, key, body, options, context) => patch(part, scope, key, body, options, context),
  };
}

/** @throws ApiError BadRequest, Invalid, NotFound, Conflict, Forbidden */
async function update(
  part: PodPart,
  scope: Scope<Pod>,
  key: ObjectKey,
  body: Body,
  options: WriteOptions,
  context: RequestContext,
): Promise<WriteAnswer> {
  const sent = decodeBody(scope.resource, body, options.fieldValidation, context);
  const metadata = alignWithKey(sent, scope.resource, key);
  return change(part, { scope, key, options, context }, expectedVersionOf(metadata), (old) => {
    checkUid(scope.resource, old, metadata.uid);
    return { sent };
  });
}

/** @throws ApiError as {@link update}, and UnsupportedMediaType */
async function patch(
  part: PodPart,
  scope: Scope<Pod>,
  key: ObjectKey,
  body: Body,
  options: WriteOptions,
  context: RequestContext,
): Promise<WriteAnswer> {
  const { subresource } = part;
  if (PATCH_TYPES[body.contentType] === 'apply') {
    const apply = applier(scope, key, subresource, body, options, context);
    return change(part, { scope, key, options, context }, '', apply);
  }
  const apply = patcher(scope.resource.definition, body, options.fieldValidation, context);
  return change(part, { scope, key, options, context }, '', (old) => {
    const patched = apply<Pod>(old);
    checkVersion(scope.resource, old, patched.metadata);
    return { sent: patched };
  });
}

interface Sent {
  readonly sent: Pod;
  /** Of apply, which has worked them out. */
  readonly managedFields?: ManagedFieldsEntry[] | undefined;
  readonly isApplied?: boolean;
}

interface Call {
  readonly scope: Scope<Pod>;
  readonly key: ObjectKey;
  readonly options: WriteOptions;
  readonly context: RequestContext;
}

async function change(
  part: PodPart,
  call: Call,
  expectedVersion: string,
  sentFor: (old: Persisted<Pod>) => Sent,
): Promise<WriteAnswer> {
  const { scope, key, options, context } = call;
  const answer = await transform(scope, {
    key,
    expectedVersion,
    dryRun: options.dryRun,
    context,
    change: (old) => prepare(part, call, old, sentFor(old)),
  });
  return { answer, status: 200, name: key.name };
}

/** As an update of the whole pod is prepared, with the part's own rules for what may change. */
async function prepare(
  { subresource, take, validate }: PodPart,
  { scope, key, options: { dryRun }, context }: Call,
  old: Persisted<Pod>,
  { sent, managedFields, isApplied = false }: Sent,
): Promise<Prepared<Pod>> {
  const { resource, admission } = scope;
  const object: Pod = deepClone(old);
  take(object, deepClone(sent));
  resource.strategy.setDefaults?.(object);
  if (isApplied) setManagedFields(object, managedFields);
  else trackFields(scope, subresource, context, old, object);
  const attempt = admissionAttempt({ operation: 'UPDATE', resource, subresource, key, object, old, dryRun, context });
  await admission.admit(attempt.request);
  if (changesDesiredState(object, old)) {
    object.metadata = { ...object.metadata, generation: (old.metadata.generation ?? 0) + 1 };
  }
  const errors = [...validate(object, old), ...(resource.strategy.validate?.(object) ?? [])];
  if (errors.length > 0) throw invalid(resource, key.name, errors);
  try {
    await admission.validate(attempt.request);
  } catch (error) {
    await attempt.undo();
    throw error;
  }
  return { object, reservation: { undo: () => attempt.undo() }, isApplied };
}

import {
  type FieldError,
  invalid,
  type KubernetesObject,
  type ObjectKey,
  type Persisted,
  validateObjectMeta,
  validateObjectMetaUpdate,
  withMissingRequired,
} from '@kubelab/api';
import { type AdmissionAttempt, admissionAttempt } from '../admission/admission.js';
import type { Reservation } from './hooks/kind-hook.js';
import { carryMetadata, changesDesiredState, checkUid, dropEmpty, fillNewMetadata } from './metadata.js';
import type { Prepared } from './prepared.js';
import type { RequestContext } from './request.js';
import type { Scope } from './scope.js';
import { trackFields } from './track-fields.js';

export interface PrepareOptions {
  readonly key: ObjectKey;
  readonly dryRun: boolean;
  readonly context: RequestContext;
  /** By apply, which has worked out the managedFields. Default false. */
  readonly isApplied?: boolean | undefined;
}

export interface UpdateOptions extends PrepareOptions {
  /** "" or the part that is written. */
  readonly subresource: string;
  /** By way of which subresource managedFields say that it was written. Default: `subresource`. */
  readonly trackedAs?: string;
}

/**
 * Makes a decoded object ready to be stored for the first time: defaults,
 * admission, system fields, what the kind reserves, validation. Changes the
 * object that it is given.
 * @throws ApiError Invalid, Forbidden, NotFound (its namespace)
 */
export async function prepareForCreate<T extends KubernetesObject>(
  scope: Scope<T>,
  object: T,
  { key, dryRun, context, isApplied = false }: PrepareOptions,
): Promise<Prepared<T>> {
  const { resource, admission, hook } = scope;
  const { strategy } = resource;
  const metadata = object.metadata ?? {};
  object.metadata = metadata;
  fillNewMetadata(metadata, scope.nowMs());
  strategy.setDefaults?.(object);
  if (!isApplied) trackFields(scope, '', context, undefined, object);
  const attempt = admissionAttempt({ operation: 'CREATE', resource, key, object, dryRun, context });
  await admission.admit(attempt.request);
  // Afterwards, as some of what it sets follows from what admission has added: a pod's class.
  strategy.prepareForCreate?.(object, { user: context.user, nowMs: scope.nowMs() });
  dropEmpty(metadata);
  if (tracksGeneration(scope, object)) metadata.generation = 1;
  const reservation = await hook?.beforeCreate?.(object, { dryRun });
  try {
    const errors = createErrors(scope, object);
    if (errors.length > 0) throw invalid(resource, metadata.name ?? '', errors);
    for (const text of strategy.warnings?.(object, undefined) ?? []) context.warn(text);
    await admission.validate(attempt.request);
  } catch (error) {
    await giveBack(attempt, reservation);
    throw error;
  }
  return { object, reservation: withAttempt(attempt, reservation), isApplied };
}

/**
 * Makes `object` ready to replace `old`. `subresource` is "" or the part that is written.
 * @throws ApiError Invalid, Conflict (another uid)
 */
export async function prepareForUpdate<T extends KubernetesObject>(
  scope: Scope<T>,
  object: T,
  old: Persisted<T>,
  { key, dryRun, context, subresource, isApplied = false, trackedAs = subresource }: UpdateOptions,
): Promise<Prepared<T>> {
  const { resource, admission, hook } = scope;
  const { strategy } = resource;
  const metadata = object.metadata ?? {};
  object.metadata = metadata;
  checkUid(resource, old, metadata.uid);
  carryMetadata(metadata, old.metadata);
  strategy.setDefaults?.(object);
  if (!isApplied) trackFields(scope, trackedAs, context, old, object);
  if (subresource === '') strategy.prepareForUpdate?.(object, old);
  else strategy.prepareForSubresource?.(object, old, subresource, { user: context.user, nowMs: scope.nowMs() });
  const attempt = admissionAttempt({ operation: 'UPDATE', resource, subresource, key, object, old, dryRun, context });
  await admission.admit(attempt.request);
  const changed = subresource === '' && tracksGeneration(scope, object) && changesDesiredState(object, old);
  if (changed) metadata.generation = (old.metadata.generation ?? 0) + 1;
  const reservation = subresource === '' ? await hook?.beforeUpdate?.(object, old, { dryRun }) : undefined;
  try {
    const errors = updateErrors(scope, object, old, subresource);
    if (errors.length > 0) throw invalid(resource, old.metadata.name, errors);
    const warnings = subresource === '' ? strategy.warnings?.(object, old) : undefined;
    for (const text of warnings ?? []) context.warn(text);
    await admission.validate(attempt.request);
  } catch (error) {
    await giveBack(attempt, reservation);
    throw error;
  }
  return { object, reservation: withAttempt(attempt, reservation), isApplied };
}

/** One reservation for what the kind and what admission has taken. */
function withAttempt(attempt: AdmissionAttempt, reservation: Reservation | undefined): Reservation {
  return {
    commit: async () => reservation?.commit?.(),
    undo: () => giveBack(attempt, reservation),
  };
}

async function giveBack(attempt: AdmissionAttempt, reservation: Reservation | undefined): Promise<void> {
  await reservation?.undo?.();
  await attempt.undo();
}

function createErrors<T extends KubernetesObject>({ resource }: Scope<T>, object: T): FieldError[] {
  const { strategy, namespaced, definition } = resource;
  const errors = [
    ...validateObjectMeta(object.metadata ?? {}, namespaced, strategy.nameRule),
    ...(strategy.validate?.(object) ?? []),
    ...(strategy.validateCreate?.(object) ?? []),
  ];
  return withoutRepetition(withMissingRequired(definition, object, errors));
}

function updateErrors<T extends KubernetesObject>(
  scope: Scope<T>,
  object: T,
  old: Persisted<T>,
  subresource: string,
): FieldError[] {
  const { resource } = scope;
  const { strategy } = resource;
  const metadata = object.metadata ?? {};
  const errors = [
    ...validateObjectMetaUpdate(metadata, old.metadata),
    ...validateObjectMeta(metadata, resource.namespaced, strategy.nameRule),
  ];
  if (subresource !== '') {
    return [...errors, ...(strategy.validateStatusUpdate?.(object, old, subresource) ?? [])];
  }
  errors.push(...(strategy.validate?.(object) ?? []), ...(strategy.validateUpdate?.(object, old) ?? []));
  return withoutRepetition(withMissingRequired(resource.definition, object, errors));
}

/** A field that a strategy and the schema both miss is named once. */
function withoutRepetition(errors: readonly FieldError[]): FieldError[] {
  if (errors.length < 2) return [...errors];
  const same = (left: FieldError, right: FieldError) =>
    left.field === right.field &&
    left.type === right.type &&
    (left.type === 'FieldValueRequired' || left.message === right.message);
  return errors.filter((error, index) => errors.findIndex((other) => same(error, other)) === index);
}

function tracksGeneration<T extends KubernetesObject>({ resource }: Scope<T>, object: T): boolean {
  return resource.strategy.tracksGeneration ?? 'spec' in object;
}

import { randomInt, randomUUID } from 'node:crypto';
import {
  ApiError,
  conflict,
  deepEqual,
  type KubernetesObject,
  OBJECT_MODIFIED,
  type ObjectKey,
  type ObjectMeta,
  type Persisted,
  type QualifiedResource,
} from '@kubelab/api';

let lastSecond = Number.NaN;
let lastTimestamp = '';

/** RFC 3339 in whole seconds, as metadata's times are. Many writes fall into one second: it is made once. */
export function timestamp(timeMs: number): string {
  const second = Math.floor(timeMs / 1000);
  if (second !== lastSecond) {
    lastTimestamp = `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
    lastSecond = second;
  }
  return lastTimestamp;
}

/** Without vowels and look-alikes, so that no words come out. */
const SUFFIX_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;
const MAX_GENERATED_LENGTH = 63;

/** A name for `metadata.generateName`: the prefix, cut to 58 characters, and five random ones. */
export function generateName(prefix: string): string {
  let suffix = '';
  for (let i = 0; i < SUFFIX_LENGTH; i += 1) suffix += SUFFIX_LETTERS[randomInt(SUFFIX_LETTERS.length)];
  return prefix.slice(0, MAX_GENERATED_LENGTH - SUFFIX_LENGTH) + suffix;
}

/** The version that a write is meant for; "" for any. "0" is any as well: Kubernetes compares numbers, and none is 0. */
export function expectedVersionOf(metadata: ObjectMeta | undefined): string {
  const { resourceVersion = '' } = metadata ?? {};
  return resourceVersion === '0' ? '' : resourceVersion;
}

/**
 * Checks that a body and its URL name the same object, and fills in what the body left out.
 * @throws ApiError BadRequest
 */
export function alignWithKey(object: KubernetesObject, resource: { namespaced: boolean }, key: ObjectKey): ObjectMeta {
  const metadata = object.metadata ?? {};
  object.metadata = metadata;
  if (!resource.namespaced) {
    if (metadata.namespace) {
      throw new ApiError(
        'BadRequest',
        'the namespace of the provided object does not match the namespace sent on the request',
      );
    }
    delete metadata.namespace;
  } else {
    metadata.namespace ||= key.namespace;
    if (metadata.namespace !== key.namespace) {
      throw new ApiError(
        'BadRequest',
        'the namespace of the provided object does not match the namespace sent on the request',
      );
    }
  }
  if (key.name === '') return metadata;
  metadata.name ||= key.name;
  if (metadata.name !== key.name) {
    throw new ApiError(
      'BadRequest',
      `the name of the object (${metadata.name}) does not match the name on the URL (${key.name})`,
    );
  }
  return metadata;
}

/** What the system alone sets, for an object that is new. */
export function fillNewMetadata(metadata: ObjectMeta, nowMs: number): void {
  metadata.uid = randomUUID();
  metadata.creationTimestamp = timestamp(nowMs);
  delete metadata.resourceVersion;
  delete metadata.selfLink;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.generation;
}

/**
 * Keeps what the system alone sets. What a client repeats must be right
 * (see {@link immutableErrors}); what it leaves out is kept.
 */
export function carryMetadata(metadata: ObjectMeta, old: Persisted['metadata']): void {
  metadata.name ||= old.name;
  if (old.namespace !== undefined) metadata.namespace ||= old.namespace;
  metadata.uid ||= old.uid;
  metadata.creationTimestamp ||= old.creationTimestamp;
  metadata.resourceVersion = old.resourceVersion;
  keep(metadata, old, 'generation');
  keep(metadata, old, 'generateName');
  keep(metadata, old, 'deletionTimestamp');
  keep(metadata, old, 'deletionGracePeriodSeconds');
  delete metadata.selfLink;
  dropEmpty(metadata);
}

function keep<K extends keyof ObjectMeta>(metadata: ObjectMeta, old: ObjectMeta, field: K): void {
  if (old[field] === undefined) delete metadata[field];
  else metadata[field] = old[field];
}

/** An empty map or list says nothing, and is not stored. */
export function dropEmpty(metadata: ObjectMeta): void {
  if (metadata.labels && Object.keys(metadata.labels).length === 0) delete metadata.labels;
  if (metadata.annotations && Object.keys(metadata.annotations).length === 0) delete metadata.annotations;
  if (metadata.finalizers?.length === 0) delete metadata.finalizers;
  if (metadata.ownerReferences?.length === 0) delete metadata.ownerReferences;
}

/** @throws ApiError Conflict when the client means another object of the same name. */
export function checkUid(resource: QualifiedResource, old: Persisted, uid: string | undefined): void {
  if (!uid || uid === old.metadata.uid) return;
  throw conflict(
    resource,
    old.metadata.name,
    `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`,
  );
}

/** @throws ApiError Conflict where `metadata` names another version than the present one */
export function checkVersion(resource: QualifiedResource, old: Persisted, metadata: ObjectMeta | undefined): void {
  const version = expectedVersionOf(metadata);
  if (version === '' || version === old.metadata.resourceVersion) return;
  throw conflict(resource, old.metadata.name, OBJECT_MODIFIED);
}

/** True when anything but metadata and status differs: what metadata.generation counts. */
export function changesDesiredState(next: KubernetesObject, old: KubernetesObject): boolean {
  const before = desiredState(old);
  const after = desiredState(next);
  return !deepEqual(after, before);
}

function desiredState({ apiVersion, kind, metadata, ...rest }: KubernetesObject): Record<string, unknown> {
  const state: Record<string, unknown> = { ...rest };
  delete state.status;
  return state;
}

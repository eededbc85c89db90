import { ApiError } from '../errors.js';
import type { KubernetesObject } from '../object.js';
import { apiVersionOf } from '../resource.js';
import { findKind, type GroupVersionKind } from '../schema-kinds.js';

/** Where Kubernetes keeps its types; part of the error that people know. */
const SCHEME = 'k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30';

/**
 * Refuses an object of another kind or version than the resource's. Absent
 * `apiVersion` and `kind` are taken to be the resource's.
 * @throws ApiError BadRequest
 */
export function checkTypeMeta(object: KubernetesObject, resource: GroupVersionKind): void {
  const expected = apiVersionOf(resource);
  const apiVersion = object.apiVersion || expected;
  const kind = object.kind || resource.kind;
  if (apiVersion === expected && kind === resource.kind) return;
  if (kind !== resource.kind || findKind(apiVersion, kind) === undefined) {
    throw cannotBeHandled({ apiVersion, kind }, resource.kind, whyNotConverted(apiVersion, kind, resource));
  }
  throw new ApiError(
    'BadRequest',
    `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
  );
}

function whyNotConverted(apiVersion: string, kind: string, resource: GroupVersionKind): string {
  if (findKind(apiVersion, kind) === undefined) {
    return `no kind "${kind}" is registered for version "${apiVersion}" in scheme "${SCHEME}"`;
  }
  const internalPackage = resource.group.split('.')[0] || 'core';
  return `converting (${versionPart(apiVersion)}.${kind}) to (${internalPackage}.${resource.kind}): unknown conversion`;
}

/** `Deployment in version "v1" cannot be handled as a Deployment: …` */
export function cannotBeHandled(given: { apiVersion: string; kind: string }, kind: string, why: string): ApiError {
  const version = versionPart(given.apiVersion);
  return new ApiError('BadRequest', `${given.kind} in version "${version}" cannot be handled as a ${kind}: ${why}`);
}

function versionPart(apiVersion: string): string {
  return apiVersion.slice(apiVersion.lastIndexOf('/') + 1);
}

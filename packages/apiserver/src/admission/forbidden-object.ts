import { ApiError, type QualifiedResource, qualifiedName } from '@kubelab/api';

/** 403 for what an object may not do, whoever asks: `namespaces "x" is forbidden: …`. */
export function forbiddenObject(resource: QualifiedResource, name: string, why: string): ApiError {
  return new ApiError('Forbidden', `${qualifiedName(resource)} "${name}" is forbidden: ${why}`, {
    details: { name, kind: resource.plural, ...(resource.group ? { group: resource.group } : {}) },
  });
}

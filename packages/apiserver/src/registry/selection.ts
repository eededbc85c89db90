import {
  type KubernetesObject,
  type Persisted,
  parseFieldSelector,
  parseSelector,
  type ResourceType,
} from '@kubelab/api';
import type { Selectors } from './request.js';

export type Matches = (object: Persisted) => boolean;

/**
 * What label and field selectors select together; undefined: everything.
 * @throws ApiError BadRequest for a selector that cannot be read or names an unknown field
 */
export function selectionOf<T extends KubernetesObject>(
  resource: ResourceType<T>,
  { labelSelector, fieldSelector }: Selectors,
): Matches | undefined {
  const labels = labelSelector === '' ? undefined : parseSelector(labelSelector);
  const fields =
    fieldSelector === '' ? undefined : parseFieldSelector(fieldSelector, resource as unknown as ResourceType);
  if (labels === undefined && fields === undefined) return undefined;
  return (object) => (fields?.matches(object) ?? true) && (labels?.matches(object.metadata.labels) ?? true);
}

import {
  apiVersionOf,
  decodeObject,
  type FieldError,
  findMissingRequired,
  isApiError,
  type KubernetesObject,
  type ResourceType,
  resourceTable,
  validateObjectMeta,
} from '@kubelab/api';
import type { YamlField } from './yaml-field.js';

/**
 * Says with line and field what the apiserver would refuse of a template: fields
 * that its kind does not have, and values that are not right. A kind that is not
 * Kubernetes' own is left to the apiserver.
 * @throws WorkloadError
 */
export function checkTemplate(field: YamlField): void {
  const { apiVersion, kind } = field.value as KubernetesObject;
  const resource = resourceTable.find((each) => each.kind === kind && apiVersionOf(each) === apiVersion);
  if (!resource) return;
  const object = decode(field, resource);
  object.metadata = {
    ...object.metadata,
    name: object.metadata?.name ?? `${object.metadata?.generateName ?? 'name-'}0`,
    ...(resource.namespaced ? { namespace: object.metadata?.namespace ?? 'default' } : {}),
  };
  delete object.metadata.generateName;
  const { strategy } = resource;
  strategy.setDefaults?.(object);
  // What the bench gives a node, or leaves to the apiserver, is not the template's to hold.
  const own = kind === 'Node' ? [] : [...(strategy.validate?.(object) ?? [])];
  const [error]: FieldError[] = [
    ...validateObjectMeta(object.metadata, resource.namespaced, strategy.nameRule),
    ...own,
    ...(kind === 'Node' ? [] : findMissingRequired(resource.definition, object)),
  ];
  if (error) at(field, error.field ?? '').fail(error.message ?? 'is not right');
}

function decode(field: YamlField, { definition }: ResourceType): KubernetesObject {
  try {
    return decodeObject(definition, JSON.stringify(field.value), { fieldValidation: 'Strict' }).object;
  } catch (error) {
    if (!isApiError(error)) throw error;
    const [, unknown] = /unknown field "([^"]+)"/.exec(error.message) ?? [];
    if (unknown !== undefined) return at(field, unknown).fail('is not a field of the kind');
    return field.fail(error.message);
  }
}

/** `spec.containers[0].image`, below the field. */
function at(field: YamlField, path: string): YamlField {
  let inner = field;
  for (const [, index, name] of path.matchAll(/\[([^\]]+)\]|([^.[\]]+)/g)) {
    const isNumber = index !== undefined && /^\d+$/.test(index);
    inner = inner.at(isNumber ? Number(index) : (index ?? name ?? ''));
  }
  return inner;
}

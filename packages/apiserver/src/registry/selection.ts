import {
  type FieldSelector,
  type KubernetesObject,
  type Persisted,
  parseFieldSelector,
  parseSelector,
  type ResourceType,
} from '@kubelab/api';
import type { SelectableFacts, StoredObject } from '../storage/storage.js';
import type { Selectors } from './request.js';

export type Matches = (object: StoredObject) => boolean;

/** Finds in a kind's objects what its selectors look at. The same for all who ask, as the answer is kept. */
type FactReader = (object: Persisted) => SelectableFacts;

/**
 * What label and field selectors select together; undefined: everything. Parses
 * no object whose facts have been read before.
 * @throws ApiError BadRequest for a selector that cannot be read or names an unknown field
 */
export function selectionOf<T extends KubernetesObject>(
  resource: ResourceType<T>,
  { labelSelector, fieldSelector }: Selectors,
): Matches | undefined {
  const kind = resource as unknown as ResourceType;
  const labels = labelSelector === '' ? undefined : parseSelector(labelSelector);
  const fields = fieldSelector === '' ? undefined : fieldMatches(kind, parseFieldSelector(fieldSelector, kind));
  if (labels === undefined) return fields;
  const read = factReader(kind);
  return (object) => (fields?.(object) ?? true) && labels.matches(object.facts(read).labels);
}

function fieldMatches(resource: ResourceType, { requirements }: FieldSelector): Matches {
  const tests = requirements.map(({ field, operator, value }): Matches => {
    const isEqual = operator === '=';
    const fieldOf = fieldReader(resource, field);
    return (object) => (fieldOf(object) === value) === isEqual;
  });
  return (object) => tests.every((test) => test(object));
}

/** `field` is one that the kind selects by. */
function fieldReader(resource: ResourceType, field: string): (object: StoredObject) => string | undefined {
  if (field === 'metadata.name') return ({ key }) => key.name;
  if (field === 'metadata.namespace') return ({ key }) => key.namespace;
  const index = Object.keys(resource.selectableFields).indexOf(field);
  const read = factReader(resource);
  return (object) => object.facts(read).fields[index];
}

function factReader({ selectableFields }: ResourceType): FactReader {
  const readers = Object.values(selectableFields);
  return (object) => ({ labels: object.metadata.labels, fields: readers.map((read) => read(object)) });
}

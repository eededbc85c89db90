import { fieldsOf } from '../protobuf/field-numbers.js';
import type { SchemaNode } from '../schema.js';
import { definitionOf } from '../schema-kinds.js';

/**
 * Optional lists of which an empty one says something: most are held without
 * `omitempty`, empty `managedFields` are a wish to forget them, and rules with
 * no `policies` are refused where those without a word of them have defaults.
 * Source: the Go types of the API, v1.34.
 */
const KEPT: Readonly<Record<string, readonly string[]>> = {
  CSINodeDriver: ['topologyKeys'],
  ClusterRole: ['rules'],
  ContainerImage: ['names'],
  EndpointSlice: ['ports'],
  ObjectMeta: ['managedFields'],
  ProjectedVolumeSource: ['sources'],
  Role: ['rules'],
  V2HPAScalingRules: ['policies'],
  V2HorizontalPodAutoscalerStatus: ['currentMetrics'],
};

/**
 * The fields of a type that, empty, say no more than absent ones: no pointers in
 * Kubernetes' own types, and marked `omitempty`. Its encoder leaves them out, so
 * that whoever writes back what he read takes nothing away.
 */
export function fieldsLeftOutWhenEmpty(definition: string): ReadonlySet<string> {
  const { properties, required = [] } = definitionOf(definition);
  const scalars = scalarsHeldByValue(definition);
  const leftOut = Object.entries(properties)
    .filter(([field, node]) => (isCollection(node) ? !KEPT[definition]?.includes(field) : scalars.has(field)))
    .map(([field]) => field);
  return new Set(leftOut.filter((field) => !required.includes(field)));
}

/** Whether a value, once converted, is what its type has where nothing was set. */
export function isEmptyValue(value: unknown): boolean {
  if (typeof value !== 'object') return value === '' || value === 0 || value === false;
  if (Array.isArray(value)) return value.length === 0;
  for (const _ in value) return false;
  return true;
}

const isCollection = ({ ref, type }: SchemaNode): boolean =>
  ref === undefined && (type === 'array' || type === 'object');

/** Of a type that has no row, nothing is known. */
function scalarsHeldByValue(message: string, definition = message): Set<string> {
  const { properties } = definitionOf(definition);
  const names = new Set<string>();
  for (const { name, isInline, omitsZero, keepsEmpty } of fieldsOf(message)?.values() ?? []) {
    const node = properties[name];
    if (isInline) for (const inlined of scalarsHeldByValue(name, definition)) names.add(inlined);
    else if (node?.type === 'string' ? isPlain(node) && !keepsEmpty : omitsZero) names.add(name);
  }
  return names;
}

/** A quantity, a time and a number or name are structs, which are never left out. */
const isPlain = ({ format }: SchemaNode): boolean => format === undefined || format === 'byte';

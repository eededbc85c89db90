import type { FieldError } from '../errors.js';
import type { SchemaNode } from '../schema.js';
import { definitionOf } from '../schema-kinds.js';
import { required } from '../validation/field-error.js';
import { isObject } from './convert-value.js';

/**
 * Fields that OpenAPI calls required (Go always writes them) and that
 * Kubernetes' validation nevertheless lets pass when they are empty.
 */
const MAY_BE_EMPTY = new Set([
  'CSINodeSpec.drivers',
  'EndpointSlice.endpoints',
  'EventsEvent.eventTime',
  'HTTPHeader.value',
  'LimitRangeSpec.limits',
  'PodFailurePolicy.rules',
  'RoleRef.apiGroup',
  'StorageTokenRequest.audience',
  'Sysctl.value',
  'TokenRequestSpec.audiences',
]);

/** Required objects that are pointers in Go. All others are structs: always there, so it is their fields that are missing. */
const POINTERS = new Set([
  'IPAddressSpec.parentRef',
  'ScaleIOVolumeSource.secretRef',
  'ScaleIOPersistentVolumeSource.secretRef',
]);

/**
 * The fields that an object lacks although its schema requires them, as
 * `spec.selector: Required value`. A safety net below each kind's own
 * validation, never stricter than Kubernetes: numbers and booleans may be
 * absent (they are zero), and `status` is not looked at, since writes of the
 * main resource do not set it. Call it after defaulting.
 */
export function findMissingRequired(definition: string, object: object): FieldError[] {
  const errors: FieldError[] = [];
  const { status: _ignored, ...rest } = object as Record<string, unknown>;
  visitStruct(definition, rest, undefined, errors);
  return errors;
}

/** The kind's own errors, and of the missing fields those that none of them speaks of. */
export function withMissingRequired(definition: string, object: object, errors: readonly FieldError[]): FieldError[] {
  const missing = findMissingRequired(definition, object);
  if (missing.length === 0) return [...errors];
  const reported = new Set(errors.map((error) => withoutIndexes(error.field)));
  return [...errors, ...missing.filter((error) => !reported.has(withoutIndexes(error.field)))];
}

/** Kubernetes leaves the index out of some paths (`metadata.ownerReferences.uid`). */
function withoutIndexes(field: string): string {
  return field.replace(/\[\d+\]/g, '');
}

/** A field or an element. Put into words only where something is missing, which in nearly all objects is nothing. */
interface Place {
  readonly parent: Place | undefined;
  readonly step: string | number;
}

function visitStruct(
  name: string,
  object: Record<string, unknown>,
  place: Place | undefined,
  errors: FieldError[],
): void {
  const { properties, required: requiredFields = [] } = definitionOf(name);
  for (const field of requiredFields) {
    const node = properties[field];
    if (node === undefined || !isEmpty(node, object[field]) || MAY_BE_EMPTY.has(`${name}.${field}`)) continue;
    const fieldPlace = { parent: place, step: field };
    if (node.ref !== undefined && !isPointer(name, field, node)) visitStruct(node.ref, {}, fieldPlace, errors);
    else errors.push(required(pathOf(fieldPlace)));
  }
  for (const [field, value] of Object.entries(object)) {
    const node = Object.hasOwn(properties, field) ? properties[field] : undefined;
    if (node !== undefined && typeof value === 'object')
      visitValue(node, value, { parent: place, step: field }, errors);
  }
}

function visitValue({ ref, items }: SchemaNode, value: unknown, place: Place, errors: FieldError[]): void {
  if (ref !== undefined) {
    if (isObject(value)) visitStruct(ref, value, place, errors);
  } else if (items !== undefined && Array.isArray(value)) {
    value.forEach((element, index) => {
      visitValue(items, element, { parent: place, step: index }, errors);
    });
  }
}

function pathOf({ parent, step }: Place): string {
  const before = parent === undefined ? '' : pathOf(parent);
  if (typeof step === 'number') return `${before}[${step}]`;
  return before === '' ? step : `${before}.${step}`;
}

function isPointer(type: string, field: string, node: SchemaNode): boolean {
  return node.ref === 'LabelSelector' || POINTERS.has(`${type}.${field}`);
}

function isEmpty(node: SchemaNode, value: unknown): boolean {
  if (node.type === 'integer' || node.type === 'number' || node.type === 'boolean' || node.type === 'any') return false;
  if (value === undefined || value === null || value === '') return true;
  return Array.isArray(value) && value.length === 0;
}

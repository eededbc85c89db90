import type { SchemaNode } from '../schema.js';
import { definitionOf } from '../schema-kinds.js';

const SCALARS: Readonly<Record<string, string>> = {
  'date-time': 'string',
  'date-time-micro': 'string',
  byte: '[]uint8',
  'int-or-string': 'int32',
  quantity: 'resource.Quantity',
};

/** A definition's Go name, as decoding errors say it: `DeploymentSpec`. */
export function goStructName(definition: string): string {
  const { name } = definitionOf(definition);
  return name.slice(name.lastIndexOf('.') + 1);
}

/** What Go calls a field's type, as decoding errors say it: `int32`, `[]v1.Container`. */
export function goTypeName(node: SchemaNode): string {
  if (node.ref !== undefined) return definitionOf(node.ref).name.split('.').slice(-2).join('.');
  if (node.items !== undefined) return `[]${goTypeName(node.items)}`;
  if (node.additionalProperties !== undefined) return `map[string]${goTypeName(node.additionalProperties)}`;
  if (node.type === 'boolean') return 'bool';
  if (node.type === 'integer') return node.format ?? 'int64';
  if (node.type === 'number') return 'float64';
  return SCALARS[node.format ?? ''] ?? node.type ?? 'interface {}';
}

/** What Go calls a JSON value in decoding errors. A number that is of the wrong size is shown. */
export function goValueName(value: unknown, showNumber = false): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return showNumber ? `number ${value}` : 'number';
  return typeof value;
}

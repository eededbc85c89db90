import type { SchemaNode } from '../../schema.js';
import { definitionOf } from '../../schema-kinds.js';
import { isAtomicType, listTypeOf, mapTypeOf } from '../../schema-lists.js';
import { isAlwaysPresent } from '../../schema-presence.js';

/** How server-side apply sees a value. Atomic values are owned and replaced as a whole. */
export type ApplyType = ScalarType | AnyType | StructType | MapType | ListType;

export interface ScalarType {
  readonly shape: 'scalar';
  readonly isAtomic: true;
  readonly scalar: 'string' | 'number' | 'boolean' | 'untyped';
  readonly isQuantity: boolean;
}

/** Whatever JSON holds. */
interface AnyType {
  readonly shape: 'any';
  readonly isAtomic: true;
}

export interface StructType {
  readonly shape: 'struct';
  readonly isAtomic: boolean;
  readonly fields: ReadonlyMap<string, StructField>;
}

export interface StructField {
  readonly type: ApplyType;
  /** What Go's encoder writes in any case: where it is missing it counts as empty, not as absent. */
  readonly alwaysPresent: boolean;
}

export interface MapType {
  readonly shape: 'map';
  readonly isAtomic: boolean;
  readonly values: ApplyType;
}

export interface ListType {
  readonly shape: 'list';
  readonly isAtomic: boolean;
  readonly items: ApplyType;
  /** Fields that tell the elements apart, by name; undefined for a set of scalars, and for atomic lists. */
  readonly keys: readonly ListKey[] | undefined;
}

interface ListKey {
  readonly name: string;
  /** What an element that leaves the key out has. */
  readonly fallback: string | undefined;
}

/** Defaults of key fields, without which an element could not be told from others. */
const KEY_DEFAULTS: Readonly<Record<string, string>> = {
  'ContainerPort.protocol': 'TCP',
  'ServicePort.protocol': 'TCP',
};

const structs = new Map<string, StructType>();

/** The type of a definition of the schema, `Deployment`. */
export function applyTypeOf(definition: string): StructType {
  return structOf(definition, isAtomicType(definition));
}

function structOf(definition: string, isAtomic: boolean): StructType {
  const id = `${definition}${isAtomic ? '!' : ''}`;
  let type = structs.get(id);
  if (type === undefined) {
    type = new LazyStruct(definition, isAtomic);
    structs.set(id, type);
  }
  return type;
}

/** Types refer to themselves by way of others: fields are read when first asked for. */
class LazyStruct implements StructType {
  readonly shape = 'struct';
  #fields: ReadonlyMap<string, StructField> | undefined;

  constructor(
    readonly definition: string,
    readonly isAtomic: boolean,
  ) {}

  get fields(): ReadonlyMap<string, StructField> {
    this.#fields ??= new Map(
      Object.entries(definitionOf(this.definition).properties).map(([name, node]) => [
        name,
        {
          type: fieldType(this.definition, name, node),
          alwaysPresent: isAlwaysPresent(this.definition, name, node.ref !== undefined),
        },
      ]),
    );
    return this.#fields;
  }
}

function fieldType(definition: string, name: string, node: SchemaNode): ApplyType {
  const mapType = mapTypeOf(definition, name);
  if (node.ref !== undefined) {
    return structOf(node.ref, mapType === undefined ? isAtomicType(node.ref) : mapType === 'atomic');
  }
  if (node.type === 'object' && node.additionalProperties !== undefined) {
    return { shape: 'map', isAtomic: mapType === 'atomic', values: valueType(node.additionalProperties) };
  }
  if (node.type !== 'array') return valueType(node);
  const { type, keys } = listTypeOf(definition, name);
  const items = node.items ?? {};
  return {
    shape: 'list',
    isAtomic: type === 'atomic',
    items: valueType(items),
    keys: type === 'map' ? listKeys(items.ref ?? '', keys ?? []) : undefined,
  };
}

function listKeys(definition: string, names: readonly string[]): ListKey[] {
  return [...names].sort().map((name) => ({ name, fallback: KEY_DEFAULTS[`${definition}.${name}`] }));
}

/** Of elements and map values, and of fields for which nothing is declared. */
function valueType(node: SchemaNode): ApplyType {
  if (node.ref !== undefined) return structOf(node.ref, isAtomicType(node.ref));
  switch (node.type) {
    case 'array':
      return { shape: 'list', isAtomic: true, items: valueType(node.items ?? {}), keys: undefined };
    case 'object':
      return node.additionalProperties === undefined
        ? { shape: 'any', isAtomic: true }
        : { shape: 'map', isAtomic: false, values: valueType(node.additionalProperties) };
    case 'integer':
    case 'number':
      return { shape: 'scalar', isAtomic: true, scalar: 'number', isQuantity: false };
    case 'boolean':
      return { shape: 'scalar', isAtomic: true, scalar: 'boolean', isQuantity: false };
    case 'string': {
      const isUntyped = node.format === 'quantity' || node.format === 'int-or-string';
      const isQuantity = node.format === 'quantity';
      return { shape: 'scalar', isAtomic: true, scalar: isUntyped ? 'untyped' : 'string', isQuantity };
    }
    default:
      return { shape: 'any', isAtomic: true };
  }
}

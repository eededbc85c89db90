import type { SchemaDefinition, SchemaNode } from '../schema.js';
import { definitionOf, type GroupVersionKind, groupVersionKindOf, isKind } from '../schema-kinds.js';
import { isAtomicType, listTypeOf, mapTypeOf, patchStrategyOf } from '../schema-lists.js';
import { commonSchemas, FIELDS_SCHEMA, FORMAT_SCHEMAS, LIST_META_SCHEMA, RAW_SCHEMA } from './common-schemas.js';
import type { SchemaDialect, SchemaObject } from './schema-object.js';

/** The texts that `kubectl explain` shows; keyed as the schema is. */
export type Descriptions = Readonly<Record<string, { description: string; fields: Record<string, string> }>>;

export interface SchemaBuildOptions {
  readonly dialect: SchemaDialect;
  readonly descriptions: Descriptions;
  /** Kinds that are served, by their definition: they get a list kind too. */
  readonly served: ReadonlySet<string>;
  /** Definitions that are needed besides: subresources' kinds, Status, DeleteOptions. */
  readonly additional: readonly string[];
  /** DeleteOptions is a kind of every group. */
  readonly groupVersions: readonly { group: string; version: string }[];
}

/** Every schema that the given kinds need, by OpenAPI name, sorted. */
export function buildSchemas(options: SchemaBuildOptions): Record<string, SchemaObject> {
  const schemas = commonSchemas(options.dialect);
  for (const name of reachableFrom(['ListMeta', ...options.served, ...options.additional])) {
    schemas[definitionOf(name).name] = buildSchema(name, options);
  }
  for (const name of options.served) schemas[`${definitionOf(name).name}List`] = buildListSchema(name, options);
  return Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function reachableFrom(roots: readonly string[]): Set<string> {
  const reached = new Set<string>();
  const pending = [...roots];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    for (const node of Object.values(definitionOf(name).properties)) {
      const leaf = leafOf(node);
      if (leaf.ref !== undefined) pending.push(leaf.ref);
    }
  }
  return reached;
}

function leafOf(node: SchemaNode): SchemaNode {
  const inner = node.items ?? node.additionalProperties;
  return inner === undefined ? node : leafOf(inner);
}

function buildSchema(name: string, options: SchemaBuildOptions): SchemaObject {
  const definition = definitionOf(name);
  const texts = options.descriptions[name];
  const properties: Record<string, SchemaObject> = {};
  for (const [field, node] of Object.entries(definition.properties)) {
    properties[field] = {
      ...fieldSchema(fieldNode(name, field, node), texts?.fields[field], options.dialect),
      ...fieldExtensions(name, field, node),
    };
  }
  return {
    ...(texts?.description ? { description: texts.description } : {}),
    type: 'object',
    ...(definition.required ? { required: definition.required } : {}),
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
    ...(isAtomicType(name) ? { 'x-kubernetes-map-type': 'atomic' } : {}),
    ...kindsExtension(definition, options),
  };
}

function kindsExtension(definition: SchemaDefinition, options: SchemaBuildOptions): SchemaObject {
  if (!isKind(definition)) return {};
  const own = groupVersionKindOf(definition);
  if (own.kind !== 'DeleteOptions') return { 'x-kubernetes-group-version-kind': [own] };
  const everywhere = options.groupVersions.map(({ group, version }) => ({ group, version, kind: own.kind }));
  return { 'x-kubernetes-group-version-kind': everywhere };
}

/** Of the two kinds of free-form values, one has a name of its own. */
function fieldNode(type: string, field: string, node: SchemaNode): SchemaNode {
  return `${type}.${field}` === 'ManagedFieldsEntry.fieldsV1' ? { type: 'any', format: 'fields' } : node;
}

function fieldSchema(node: SchemaNode, description: string | undefined, dialect: SchemaDialect): SchemaObject {
  const reference = referenceOf(node);
  if (reference !== undefined) return dialect.describedReference(reference, description);
  const described: SchemaObject = description ? { description } : {};
  const { type = 'object', format, items, additionalProperties } = node;
  if (items !== undefined) return { ...described, type: 'array', items: fieldSchema(items, undefined, dialect) };
  if (additionalProperties !== undefined) {
    return {
      ...described,
      type: 'object',
      additionalProperties: fieldSchema(additionalProperties, undefined, dialect),
    };
  }
  return { ...described, type, ...(format ? { format } : {}) };
}

function referenceOf(node: SchemaNode): string | undefined {
  if (node.ref !== undefined) return definitionOf(node.ref).name;
  if (node.type === 'any') return node.format === 'fields' ? FIELDS_SCHEMA : RAW_SCHEMA;
  return node.format === undefined ? undefined : FORMAT_SCHEMAS[node.format];
}

function fieldExtensions(type: string, field: string, node: SchemaNode): SchemaObject {
  const extensions: SchemaObject = {};
  if (node.type === 'array') {
    const list = listTypeOf(type, field);
    extensions['x-kubernetes-list-type'] = list.type;
    if (list.keys) extensions['x-kubernetes-list-map-keys'] = list.keys;
  }
  const mapType = mapTypeOf(type, field);
  if (mapType) extensions['x-kubernetes-map-type'] = mapType;
  const patch = patchStrategyOf(type, field);
  if (patch?.mergeKey) extensions['x-kubernetes-patch-merge-key'] = patch.mergeKey;
  const strategies = [patch?.strategy, patch?.retainKeys ? 'retainKeys' : undefined].filter(Boolean);
  if (strategies.length > 0) extensions['x-kubernetes-patch-strategy'] = strategies.join(',');
  return extensions;
}

function buildListSchema(name: string, { dialect, descriptions }: SchemaBuildOptions): SchemaObject {
  const definition = definitionOf(name);
  const own = groupVersionKindOf(definition);
  const fields = descriptions[name]?.fields ?? {};
  const listKind: GroupVersionKind = { ...own, kind: `${own.kind}List` };
  return {
    description: `A list of objects of kind ${own.kind}.`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: fieldSchema({ type: 'string' }, fields.apiVersion, dialect),
      items: {
        description: 'The objects.',
        type: 'array',
        items: dialect.describedReference(definition.name, undefined),
      },
      kind: fieldSchema({ type: 'string' }, fields.kind, dialect),
      metadata: dialect.describedReference(
        LIST_META_SCHEMA,
        "The list's own metadata: its version, and how to go on reading it.",
      ),
    },
    'x-kubernetes-group-version-kind': [listKind],
  };
}

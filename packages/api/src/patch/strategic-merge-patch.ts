import { isObject } from '../decode/convert-value.js';
import { deepClone } from '../deep-clone.js';
import type { SchemaNode } from '../schema.js';
import { definitionOf } from '../schema-kinds.js';
import { type PatchStrategy, patchStrategyOf } from '../schema-lists.js';
import { setOwn } from '../set-own.js';
import {
  badPatch,
  checkDirective,
  DELETE_FROM_LIST_PREFIX,
  dropDirectives,
  PATCH_DIRECTIVE,
  RETAIN_KEYS_DIRECTIVE,
  SET_ORDER_PREFIX,
} from './strategic-directives.js';
import { type MergeElement, mergeList, orderList } from './strategic-lists.js';

type JsonObject = Record<string, unknown>;

/**
 * Kubernetes' own patch type: lists are merged by the keys of `schema-lists`,
 * and directives (`$patch`, `$retainKeys`, `$setElementOrder/…`,
 * `$deleteFromPrimitiveList/…`) say what merging cannot. Neither argument is
 * changed. Reference: the API conventions' strategic merge patch document.
 * @throws ApiError BadRequest for a patch that makes no sense
 */
export function strategicMergePatch(definition: string, original: object, patch: object): JsonObject {
  return mergeObject({ ref: definition }, deepClone(original) as JsonObject, deepClone(patch) as JsonObject);
}

/** Changes and returns `original`; uses up `patch`. */
function mergeObject(node: SchemaNode, original: JsonObject, patch: JsonObject): JsonObject {
  if (Object.hasOwn(patch, PATCH_DIRECTIVE)) {
    const directive = checkDirective(patch[PATCH_DIRECTIVE], patch);
    if (directive === 'delete') return {};
    if (directive === 'replace') {
      delete patch[PATCH_DIRECTIVE];
      return dropDirectives(patch) as JsonObject;
    }
    delete patch[PATCH_DIRECTIVE];
  }
  retainKeys(original, patch);
  applyElementOrders(node, original, patch);
  for (const key of Object.keys(patch)) applyField(node, original, key, patch[key]);
  return original;
}

/** `$retainKeys` lists every field that may remain; it must list those of the patch itself. */
function retainKeys(original: JsonObject, patch: JsonObject): void {
  if (!Object.hasOwn(patch, RETAIN_KEYS_DIRECTIVE)) return;
  const retained = patch[RETAIN_KEYS_DIRECTIVE];
  delete patch[RETAIN_KEYS_DIRECTIVE];
  if (!Array.isArray(retained)) throw badPatch('invalid patch format of retainKeys');
  const kept = new Set<unknown>(retained);
  for (const [key, value] of Object.entries(patch)) {
    const isDirective = key.startsWith(SET_ORDER_PREFIX) || key.startsWith(DELETE_FROM_LIST_PREFIX);
    if (value !== null && !isDirective && !kept.has(key)) throw badPatch('invalid patch format of retainKeys');
  }
  for (const key of Object.keys(original)) if (!kept.has(key)) delete original[key];
}

/** Handles each `$setElementOrder/LIST` together with the patch of that list, and takes both out of the patch. */
function applyElementOrders(node: SchemaNode, original: JsonObject, patch: JsonObject): void {
  for (const directive of Object.keys(patch).filter((key) => key.startsWith(SET_ORDER_PREFIX))) {
    const field = directive.slice(SET_ORDER_PREFIX.length);
    const order = listOf(patch[directive], directive);
    delete patch[directive];
    if (!Object.hasOwn(original, field) && !Object.hasOwn(patch, field)) continue;
    const { mergeElement, strategy } = fieldOf(node, field);
    const before = Object.hasOwn(original, field) ? listOf(original[field], field) : undefined;
    const patched = Object.hasOwn(patch, field) && patch[field] !== null ? listOf(patch[field], field) : undefined;
    const isDeleted = patch[field] === null;
    delete patch[field];
    if (isDeleted) delete original[field];
    else setOwn(original, field, orderList({ strategy, before, patched, order, mergeElement }));
  }
}

function applyField(node: SchemaNode, original: JsonObject, patchKey: string, value: unknown): void {
  const isDeletion = patchKey.startsWith(DELETE_FROM_LIST_PREFIX);
  const key = isDeletion ? patchKey.slice(DELETE_FROM_LIST_PREFIX.length) : patchKey;
  if (value === null) {
    delete original[key];
    return;
  }
  const current = Object.hasOwn(original, key) ? original[key] : undefined;
  const { field, mergeElement, strategy } = fieldOf(node, key);
  if (isDeletion) {
    const deleted = listOf(value, patchKey);
    if (Array.isArray(current))
      setOwn(
        original,
        key,
        current.filter((element) => !deleted.includes(element)),
      );
  } else if (isObject(current) && isObject(value)) {
    const isReplaced = strategy?.strategy === 'replace';
    setOwn(original, key, isReplaced ? dropDirectives(value) : mergeObject(field, current, value));
  } else if (Array.isArray(current) && Array.isArray(value) && strategy?.strategy === 'merge') {
    setOwn(original, key, mergeList(strategy, current, value, mergeElement));
  } else {
    setOwn(original, key, dropDirectives(value));
  }
}

interface FieldRules {
  readonly field: SchemaNode;
  readonly strategy: PatchStrategy | undefined;
  /** For a list: how its elements are merged. */
  readonly mergeElement: MergeElement;
}

/** What the schema and the table of strategies say of one field, also of one that they do not know. */
function fieldOf(node: SchemaNode, key: string): FieldRules {
  const field = (node.ref === undefined ? node.additionalProperties : propertyOf(node.ref, key)) ?? {};
  const items = field.items ?? {};
  return {
    field,
    strategy: node.ref === undefined ? undefined : patchStrategyOf(node.ref, key),
    mergeElement: (original, patch) => mergeObject(items, original, patch),
  };
}

function propertyOf(definition: string, key: string): SchemaNode | undefined {
  const { properties } = definitionOf(definition);
  return Object.hasOwn(properties, key) ? properties[key] : undefined;
}

function listOf(value: unknown, field: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw badPatch(`expected a list in ${field}, got ${JSON.stringify(value)}`);
}

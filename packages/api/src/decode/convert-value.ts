import { canonicalQuantity, QuantityError } from '../quantity/quantity.js';
import type { SchemaNode } from '../schema.js';
import { definitionOf } from '../schema-kinds.js';
import { setOwn } from '../set-own.js';
import { goStructName, goTypeName } from './go-types.js';
import { fieldsLeftOutWhenEmpty, isEmptyValue } from './left-out-when-empty.js';
import { decodingMismatch, type MismatchText } from './mismatch-text.js';
import { MAX_DEPTH } from './nesting.js';
import { canonicalBase64, canonicalTimestamp, ScalarError } from './scalar-text.js';

/** Kubernetes reports no more strict errors than this of one object. */
export const MAX_STRICT_ERRORS = 100;
/** No quantity that says anything is longer; parsing takes the square of the length. */
const MAX_QUANTITY_LENGTH = 256;

/** A value that the schema cannot hold, worded as Go words it. */
export class ConversionError extends Error {
  override readonly name = 'ConversionError';
}

interface StructType {
  readonly goName: string;
  readonly fields: ReadonlyMap<string, SchemaNode>;
  readonly leftOutWhenEmpty: ReadonlySet<string>;
}

const structTypes = new Map<string, StructType>();

function structTypeOf(definition: string): StructType {
  let type = structTypes.get(definition);
  if (type === undefined) {
    const fields = new Map(Object.entries(definitionOf(definition).properties));
    type = { goName: goStructName(definition), fields, leftOutWhenEmpty: fieldsLeftOutWhenEmpty(definition) };
    structTypes.set(definition, type);
  }
  return type;
}

/**
 * One walk of a JSON value along the schema. What is of the wrong type is an
 * error, what is unknown is dropped and named in `unknownFields`, scalars are
 * brought into their canonical form, nulls become what Go's decoder makes of
 * them: nothing for a field, the zero value for an element, and empty fields
 * that Go's encoder leaves out are dropped. The value given is changed and
 * returned wherever it can be.
 */
export class ValueConverter {
  /** Paths, in the order of the document: `spec.template.spec.containers[0].foo`. */
  readonly unknownFields: string[] = [];
  readonly #collectUnknown: boolean;
  readonly #mismatchText: MismatchText;
  /** Where the walk is: field names and map keys as strings, indexes as numbers. */
  readonly #path: (string | number)[] = [];
  /** Only the field names of it: Go's errors leave out keys and indexes. */
  readonly #fields: string[] = [];
  #struct = '';
  #depth = 0;

  /** `mismatchText` words what is of the wrong type; by default as Go's JSON decoder does. */
  constructor(options: { collectUnknown: boolean; mismatchText?: MismatchText }) {
    this.#collectUnknown = options.collectUnknown;
    this.#mismatchText = options.mismatchText ?? decodingMismatch;
  }

  /** @throws ConversionError */
  convertStruct(definition: string, value: unknown): Record<string, unknown> {
    const type = structTypeOf(definition);
    if (!isObject(value)) throw this.#mismatch(value, goTypeName({ ref: definition }));
    this.#enter();
    const outerStruct = this.#struct;
    this.#struct = type.goName;
    let dropped = false;
    for (const key of Object.keys(value)) {
      const node = type.fields.get(key);
      const field = value[key];
      if (node === undefined) {
        this.#addUnknown(key);
        dropped = true;
      } else if (field === null || field === undefined) {
        dropped = true;
      } else {
        this.#path.push(key);
        this.#fields.push(key);
        const converted = this.#convert(node, field);
        if (isEmptyValue(converted) && type.leftOutWhenEmpty.has(key)) {
          value[key] = undefined;
          dropped = true;
        } else if (converted !== field) value[key] = converted;
        this.#fields.pop();
        this.#path.pop();
      }
    }
    this.#struct = outerStruct;
    this.#depth--;
    return dropped ? keepKnown(type, value) : value;
  }

  #convert(node: SchemaNode, value: unknown): unknown {
    if (node.ref !== undefined) return this.convertStruct(node.ref, value);
    switch (node.type) {
      case 'string':
        return this.#convertText(node, value);
      case 'integer':
        return this.#convertInteger(value, node.format ?? 'int64');
      case 'boolean':
      case 'number':
        if (typeof value === node.type) return value;
        throw this.#mismatch(value, goTypeName(node));
      case 'array':
        return this.#convertArray(node, value);
      case 'object':
        return this.#convertMap(node, value);
      default:
        this.#checkDepth(value);
        return value;
    }
  }

  #convertArray(node: SchemaNode, value: unknown): unknown {
    if (!Array.isArray(value)) throw this.#mismatch(value, goTypeName(node));
    const items = node.items ?? {};
    this.#enter();
    for (let i = 0; i < value.length; i++) {
      this.#path.push(i);
      value[i] = this.#convertElement(items, value[i]);
      this.#path.pop();
    }
    this.#depth--;
    return value;
  }

  #convertMap(node: SchemaNode, value: unknown): unknown {
    if (!isObject(value)) throw this.#mismatch(value, goTypeName(node));
    const values = node.additionalProperties ?? {};
    this.#enter();
    for (const key of Object.keys(value)) {
      const element = value[key];
      this.#path.push(key);
      const converted = this.#convertElement(values, element);
      if (converted !== element) setOwn(value, key, converted);
      this.#path.pop();
    }
    this.#depth--;
    return value;
  }

  #convertElement(node: SchemaNode, element: unknown): unknown {
    return element === null || element === undefined ? zeroValue(node) : this.#convert(node, element);
  }

  #convertText(node: SchemaNode, value: unknown): unknown {
    if (node.format === 'quantity') return this.#convertQuantity(value);
    if (node.format === 'int-or-string' && typeof value !== 'string') return this.#convertInteger(value, 'int32');
    if (typeof value !== 'string') throw this.#mismatch(value, goTypeName(node));
    if (node.format === undefined || node.format === 'int-or-string') return value;
    try {
      if (node.format === 'byte') return canonicalBase64(value);
      return canonicalTimestamp(value, node.format === 'date-time' ? 'seconds' : 'micros');
    } catch (error) {
      throw error instanceof ScalarError ? new ConversionError(error.message, { cause: error }) : error;
    }
  }

  #convertQuantity(value: unknown): string {
    const isText = typeof value === 'string' || typeof value === 'number';
    const text = isText ? String(value).trim() : '';
    try {
      return canonicalQuantity(text.length > MAX_QUANTITY_LENGTH ? '' : text);
    } catch (error) {
      throw error instanceof QuantityError ? new ConversionError(error.message, { cause: error }) : error;
    }
  }

  #convertInteger(value: unknown, format: string): number {
    if (typeof value !== 'number') throw this.#mismatch(value, format);
    // Integers above 2^53 have lost digits in parsing already: refused rather than changed.
    const fits = format === 'int32' ? value === (value | 0) : Number.isSafeInteger(value);
    if (!fits) throw this.#mismatch(value, format, true);
    return value;
  }

  #mismatch(value: unknown, goType: string, showNumber = false): ConversionError {
    const place = { struct: this.#struct, fields: this.#fields, showNumber };
    return new ConversionError(this.#mismatchText(value, goType, place));
  }

  #addUnknown(key: string): void {
    if (!this.#collectUnknown || this.unknownFields.length >= MAX_STRICT_ERRORS) return;
    this.unknownFields.push(formatPath([...this.#path, key]));
  }

  #enter(): void {
    if (++this.#depth > MAX_DEPTH) throw new ConversionError('exceeded max depth');
  }

  #checkDepth(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    this.#enter();
    for (const element of Object.values(value)) this.#checkDepth(element);
    this.#depth--;
  }
}

/** `['spec', 'containers', 0, 'name']` → `spec.containers[0].name`. */
export function formatPath(path: readonly (string | number)[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A new object: `delete` would make every later access to the old one slow. */
function keepKnown(type: StructType, value: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const field = value[key];
    if (field !== null && field !== undefined && type.fields.has(key)) kept[key] = field;
  }
  return kept;
}

/** What Go's decoder leaves in a list or map for null. */
function zeroValue(node: SchemaNode): unknown {
  if (node.ref !== undefined || node.type === 'object') return {};
  switch (node.type) {
    case 'array':
      return [];
    case 'boolean':
      return false;
    case 'integer':
    case 'number':
      return 0;
    case 'string':
      if (node.format === 'quantity') return '0';
      if (node.format === 'int-or-string') return 0;
      return node.format === 'date-time' || node.format === 'date-time-micro' ? null : '';
    default:
      return null;
  }
}

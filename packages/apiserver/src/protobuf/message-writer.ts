import { definitions, fieldsOf, type NumberedField, type SchemaNode } from '@kubelab/api';
import type { WireWriter } from './wire-writer.js';

type Members = Readonly<Record<string, unknown>>;

/** Writes a message's fields from an object of its JSON form. */
export type MessageWriter = (out: WireWriter, object: object) => void;

type PartWriter = (out: WireWriter, object: Members) => void;

/** Writes one value as a field holds it, without its tag. */
type ValueWriter = (out: WireWriter, value: unknown) => void;

const VARINT = 0;
const DELIMITED = 2;
const EMPTY = Buffer.alloc(0);

const writers = new Map<string, MessageWriter | undefined>();

/**
 * The writer of a definition of the schema, made when it is first asked for. Undefined where the table of field numbers
 * lacks it, or one of its fields at any depth: what would be lost is not written at all.
 */
export function messageWriterOf(definition: string): MessageWriter | undefined {
  if (!writers.has(definition)) writers.set(definition, makeWriter(definition, definition));
  return writers.get(definition);
}

/** `message` has the numbers, `definition` (another one for what is inlined) the types. */
function makeWriter(message: string, definition: string): MessageWriter | undefined {
  const fields = fieldsOf(message);
  const properties = propertiesOf(definition);
  if (fields === undefined || properties === undefined) return undefined;
  if (message === definition && !isComplete(message, properties)) return undefined;
  // Written backwards, so that the numbers ascend.
  const parts: PartWriter[] = [];
  for (const [number, field] of [...fields].sort(([left], [right]) => right - left)) {
    const part = field.isInline
      ? inlineWriter(number, makeWriter(field.name, definition))
      : fieldWriter(number, field, properties[field.name]);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return (out, object) => {
    for (const part of parts) part(out, object as Members);
  };
}

/** What the generated schema lacks. */
const METADATA_ALONE: Readonly<Record<string, SchemaNode>> = { metadata: { ref: 'ObjectMeta' } };

function propertiesOf(definition: string): Readonly<Record<string, SchemaNode>> | undefined {
  if (definition === 'PartialObjectMetadata') return METADATA_ALONE;
  return Object.hasOwn(definitions, definition) ? definitions[definition]?.properties : undefined;
}

/** What kind an object is of stands outside it. */
function isComplete(message: string, properties: Readonly<Record<string, SchemaNode>>): boolean {
  const numbered = new Set(fieldNames(message));
  return Object.keys(properties).every((name) => name === 'apiVersion' || name === 'kind' || numbered.has(name));
}

function fieldNames(message: string): string[] {
  return [...(fieldsOf(message)?.values() ?? [])].flatMap(({ name, isInline }) => (isInline ? fieldNames(name) : name));
}

function inlineWriter(number: number, write: MessageWriter | undefined): PartWriter | undefined {
  return (
    write &&
    ((out, object) => {
      const before = out.length;
      write(out, object);
      if (out.length === before) return;
      out.delimit(before);
      out.varint(tagOf(number, DELIMITED));
    })
  );
}

function fieldWriter(
  number: number,
  { name, isListMessage }: NumberedField,
  node: SchemaNode | undefined,
): PartWriter | undefined {
  if (node?.type === 'array' && !isListMessage) return listWriter(number, name, node.items ?? { type: 'string' });
  if (node?.type === 'object') return mapWriter(number, name, node.additionalProperties ?? { type: 'string' });
  const write = isListMessage ? listMessageWriter(node?.items ?? { type: 'string' }) : node && valueWriter(node);
  if (node === undefined || write === undefined) return undefined;
  const tag = tagOf(number, wireTypeOf(node));
  return (out, object) => {
    const value = object[name];
    if (value === undefined || value === null) return;
    write(out, value);
    out.varint(tag);
  };
}

function listWriter(number: number, name: string, node: SchemaNode): PartWriter | undefined {
  const write = itemsWriter(number, node);
  return (
    write &&
    ((out, object) => {
      const items = object[name];
      if (Array.isArray(items)) write(out, items);
    })
  );
}

/** A field each, numbers too: Kubernetes packs none. */
function itemsWriter(number: number, node: SchemaNode): ((out: WireWriter, items: unknown[]) => void) | undefined {
  const write = valueWriter(node);
  if (write === undefined) return undefined;
  const tag = tagOf(number, wireTypeOf(node));
  return (out, items) => {
    for (let index = items.length - 1; index >= 0; index -= 1) {
      write(out, items[index] ?? '');
      out.varint(tag);
    }
  };
}

/** A message each of key and value, by the order of the keys. */
function mapWriter(number: number, name: string, node: SchemaNode): PartWriter | undefined {
  const write = node.type === 'array' ? listMessageWriter(node.items ?? { type: 'string' }) : valueWriter(node);
  if (write === undefined) return undefined;
  const tag = tagOf(number, DELIMITED);
  const keyTag = tagOf(1, DELIMITED);
  const valueTag = tagOf(2, wireTypeOf(node));
  return (out, object) => {
    const map = object[name] as Members | null | undefined;
    if (map === undefined || map === null) return;
    for (const key of Object.keys(map).sort().reverse()) {
      const before = out.length;
      write(out, map[key] ?? '');
      out.varint(valueTag);
      out.text(key);
      out.varint(keyTag);
      out.delimit(before);
      out.varint(tag);
    }
  };
}

/** A list that is a map's value, or may be null in Go: protobuf has none, so it is a message of one field. */
function listMessageWriter(node: SchemaNode): ValueWriter | undefined {
  const write = itemsWriter(1, node);
  return (
    write &&
    ((out, value) => {
      const before = out.length;
      if (Array.isArray(value)) write(out, value);
      out.delimit(before);
    })
  );
}

function valueWriter(node: SchemaNode): ValueWriter | undefined {
  if (node.ref !== undefined) {
    const write = messageWriterOf(node.ref);
    return (
      write &&
      ((out, value) => {
        const before = out.length;
        write(out, value as object);
        out.delimit(before);
      })
    );
  }
  switch (node.format) {
    case 'date-time':
      return (out, value) => writeTime(out, String(value), false);
    case 'date-time-micro':
      return (out, value) => writeTime(out, String(value), true);
    case 'quantity':
      return (out, value) => writeSole(out, String(value));
    case 'int-or-string':
      return writeIntOrString;
    case 'byte':
      return (out, value) => writeBytes(out, value === '' ? EMPTY : Buffer.from(String(value), 'base64'));
    default:
  }
  switch (node.type) {
    case 'boolean':
      return (out, value) => out.varint(value === true ? 1 : 0);
    case 'integer':
      return (out, value) => out.integer(Number(value));
    case 'string':
      return (out, value) => out.text(typeof value === 'string' ? value : String(value));
    case 'any':
      return (out, value) => writeSole(out, JSON.stringify(value));
    default:
      return undefined;
  }
}

/** A message whose only field is a text: Quantity, FieldsV1, RawExtension. */
function writeSole(out: WireWriter, text: string): void {
  const before = out.length;
  out.text(text);
  out.varint(tagOf(1, DELIMITED));
  out.delimit(before);
}

function writeBytes(out: WireWriter, bytes: Buffer): void {
  out.bytes(bytes);
  out.varint(bytes.length);
}

function writeIntOrString(out: WireWriter, value: unknown): void {
  const before = out.length;
  const isString = typeof value === 'string';
  if (isString) out.text(value);
  else out.integer(Number(value));
  out.varint(isString ? tagOf(3, DELIMITED) : tagOf(2, VARINT));
  out.varint(isString ? 1 : 0);
  out.varint(tagOf(1, VARINT));
  out.delimit(before);
}

const MICROSECONDS = /\.(\d{1,9})/;

/** Seconds, and of a micro time what is below them. An unset time is an empty message. */
function writeTime(out: WireWriter, text: string, isMicro: boolean): void {
  const before = out.length;
  const time = Date.parse(text);
  if (!Number.isNaN(time)) {
    const fraction = isMicro ? MICROSECONDS.exec(text)?.[1] : undefined;
    if (fraction !== undefined) {
      out.varint(Number(fraction.padEnd(9, '0')));
      out.varint(tagOf(2, VARINT));
    }
    out.integer(Math.floor(time / 1000));
    out.varint(tagOf(1, VARINT));
  }
  out.delimit(before);
}

function wireTypeOf({ ref, type, format }: SchemaNode): number {
  const isVarint = ref === undefined && (type === 'integer' || type === 'boolean') && format !== 'int-or-string';
  return isVarint ? VARINT : DELIMITED;
}

function tagOf(number: number, wireType: number): number {
  return number * 8 + wireType;
}

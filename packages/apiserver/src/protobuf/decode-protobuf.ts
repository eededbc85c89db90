import { ApiError, definitions, fieldsOf, type NumberedField, type SchemaNode } from '@kubelab/api';
import { MAGIC, TYPE_META, UNKNOWN } from './envelope.js';
import { readFields, WireError, type WireValue } from './wire-reader.js';

type Members = Record<string, unknown>;

/**
 * Turns a body in Kubernetes' protobuf into the JSON that it stands for, to be
 * decoded like any other. Fields of unknown numbers are passed over; a kind
 * whose numbers this server does not know is refused.
 * @throws ApiError BadRequest, UnsupportedMediaType
 */
export function protobufToJson(definition: string, body: Buffer): Buffer {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw malformed('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  }
  try {
    const { apiVersion, kind, raw } = readEnvelope(body.subarray(MAGIC.length));
    const object = readMessage(definition, definition, raw);
    return Buffer.from(JSON.stringify({ ...(apiVersion ? { apiVersion } : {}), ...(kind ? { kind } : {}), ...object }));
  } catch (error) {
    if (error instanceof WireError) throw malformed(`proto: ${error.message}`, error);
    throw error;
  }
}

/** runtime.Unknown: what the bytes are, and the bytes. */
function readEnvelope(bytes: Buffer): { apiVersion: string; kind: string; raw: Buffer } {
  let raw = Buffer.alloc(0);
  const type = { apiVersion: '', kind: '' };
  for (const [number, value] of readFields(bytes)) {
    if (value.kind !== 'bytes') continue;
    if (number === UNKNOWN.raw) raw = Buffer.from(value.value);
    if (number !== UNKNOWN.typeMeta) continue;
    for (const [field, text] of readFields(value.value)) {
      if (text.kind === 'bytes' && field === TYPE_META.apiVersion) type.apiVersion = text.value.toString();
      if (text.kind === 'bytes' && field === TYPE_META.kind) type.kind = text.value.toString();
    }
  }
  return { ...type, raw };
}

/** `message` has the numbers, `definition` (another one for what is inlined) the types. */
function readMessage(message: string, definition: string, bytes: Buffer): Members {
  const fields = fieldsOf(message);
  const properties = definitions[definition]?.properties;
  if (fields === undefined || properties === undefined) throw notRead(message);
  const members: Members = {};
  for (const [number, value] of readFields(bytes)) {
    const field = fields.get(number);
    // As every reader of protobuf does: clients of other versions send what is no more, or not yet
    // (Go's before 1.24 the empty clusterName of every object).
    if (field === undefined) continue;
    if (field.isInline) {
      Object.assign(members, readMessage(field.name, definition, bytesOf(value)));
      continue;
    }
    const node = properties[field.name];
    if (node === undefined) throw notRead(`${message}.${field.name}`);
    addField(members, field, node, value);
  }
  return members;
}

function addField(members: Members, field: NumberedField, node: SchemaNode, value: WireValue): void {
  if (node.type === 'array') {
    const list = (members[field.name] ?? []) as unknown[];
    members[field.name] = list;
    list.push(
      ...(field.isListMessage ? readListMessage(node, value) : readItems(node.items ?? { type: 'string' }, value)),
    );
  } else if (node.type === 'object') {
    const map = (members[field.name] ?? {}) as Members;
    members[field.name] = map;
    const [key, entry] = readEntry(node.additionalProperties ?? { type: 'string' }, bytesOf(value));
    map[key] = entry;
  } else {
    const read = readValue(node, value);
    // Go writes what is not a pointer always, JSON only what is not empty.
    if (read === undefined || (read === '' && !field.keepsEmpty) || (field.omitsZero && !read)) return;
    members[field.name] = read;
  }
}

/** Numbers may come packed. */
function readItems(node: SchemaNode, value: WireValue): unknown[] {
  if (node.type !== 'integer' || value.kind !== 'bytes') return [readValue(node, value)];
  const items: unknown[] = [];
  // A packed list is a row of varints, which is what fields with a tag of one byte before each would be.
  for (let rest = value.value; rest.length > 0; ) {
    const length = rest.findIndex((byte) => byte < 0x80) + 1;
    if (length === 0) throw new WireError('unexpected EOF');
    const [entry] = readFields(Buffer.concat([Buffer.from([0x08]), rest.subarray(0, length)]));
    if (entry) items.push(readValue(node, entry[1]));
    rest = rest.subarray(length);
  }
  return items;
}

function readEntry(node: SchemaNode, bytes: Buffer): [string, unknown] {
  let key = '';
  let entry: unknown = node.ref ? {} : node.type === 'array' ? [] : '';
  for (const [number, value] of readFields(bytes)) {
    if (number === 1) key = bytesOf(value).toString();
    if (number === 2) entry = node.type === 'array' ? readListMessage(node, value) : readValue(node, value);
  }
  return [key, entry];
}

/** A list that is a map's value: protobuf has none, so it is a message of one field. */
function readListMessage({ items }: SchemaNode, value: WireValue): unknown[] {
  return [...readFields(bytesOf(value))].flatMap(([number, item]) =>
    number === 1 ? readItems(items ?? { type: 'string' }, item) : [],
  );
}

/** Undefined for a time that is not set. */
function readValue(node: SchemaNode, value: WireValue): unknown {
  if (node.ref !== undefined) return readMessage(node.ref, node.ref, bytesOf(value));
  switch (node.format) {
    case 'date-time':
    case 'date-time-micro':
      return readTime(bytesOf(value), node.format === 'date-time-micro');
    case 'quantity':
      return readString(bytesOf(value)) || '0';
    case 'int-or-string':
      return readIntOrString(bytesOf(value));
    case 'byte':
      return bytesOf(value).toString('base64');
    default:
  }
  if (node.type === 'boolean') return varintOf(value) !== 0n;
  if (node.type === 'integer') return Number(BigInt.asIntN(64, varintOf(value)));
  if (node.type === 'string') return bytesOf(value).toString();
  if (node.type === 'any') return readRaw(bytesOf(value));
  throw notRead(`a value of type ${node.type}`);
}

/** A message whose only field is JSON: FieldsV1, RawExtension. Undefined where it is empty. */
function readRaw(bytes: Buffer): unknown {
  const text = readString(bytes);
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new WireError('no JSON where some was expected');
  }
}

/** A message whose only field is a string: Quantity. */
function readString(bytes: Buffer): string {
  for (const [number, value] of readFields(bytes)) if (number === 1) return bytesOf(value).toString();
  return '';
}

function readIntOrString(bytes: Buffer): number | string {
  let isString = false;
  let number = 0;
  let text = '';
  for (const [field, value] of readFields(bytes)) {
    if (field === 1) isString = varintOf(value) === 1n;
    if (field === 2) number = Number(BigInt.asIntN(64, varintOf(value)));
    if (field === 3) text = bytesOf(value).toString();
  }
  return isString ? text : number;
}

function readTime(bytes: Buffer, isMicro: boolean): string | undefined {
  let seconds = 0;
  let nanos = 0;
  for (const [field, value] of readFields(bytes)) {
    if (field === 1) seconds = Number(BigInt.asIntN(64, varintOf(value)));
    if (field === 2) nanos = Number(BigInt.asIntN(64, varintOf(value)));
  }
  if (bytes.length === 0) return undefined;
  const time = new Date(seconds * 1000);
  if (Number.isNaN(time.getTime())) throw new WireError('time out of range');
  const text = time.toISOString().slice(0, 19);
  return isMicro ? `${text}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z` : `${text}Z`;
}

function bytesOf(value: WireValue): Buffer {
  if (value.kind === 'bytes') return value.value;
  throw new WireError('wrong wireType');
}

function varintOf(value: WireValue): bigint {
  if (value.kind === 'varint') return value.value;
  throw new WireError('wrong wireType');
}

function malformed(why: string, cause?: unknown): ApiError {
  return new ApiError('BadRequest', `the object provided is unrecognized: ${why}`, { cause });
}

function notRead(what: string): ApiError {
  return new ApiError('UnsupportedMediaType', `this server does not read ${what} in protobuf; send application/json`, {
    details: {},
  });
}

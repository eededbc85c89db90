import type { FieldSchema, ProtoSchema, Scalar } from './parse-proto.js';
import { bigVarintSize, DELIMITED, Reader, VARINT, varintSize, writeBigVarint, writeVarint } from './wire.js';

export type Message = Record<string, unknown>;

/**
 * Writes and reads the messages of one type. A message read has all its fields:
 * strings "", numbers 0, bytes an empty Buffer, messages null, lists and maps
 * empty where nothing was sent; optional fields and those of a oneof are absent
 * then. The field that a oneof holds is named by a field with the oneof's name.
 * 64-bit integers are numbers (or, to write one exactly, strings or bigints),
 * enums are their values' names.
 */
export interface MessageCodec {
  /** @throws TypeError for a value that is not of its field's type */
  encode(message: object): Buffer;
  /** Bytes are parts of `buffer`, not copies. @throws RangeError for what is malformed */
  decode(buffer: Buffer): Message;
}

/** How one value is written, without its tag. `size` and `write` are called in turns for the same values. */
interface ValueCodec {
  readonly wireType: number;
  readonly unset: unknown;
  isUnset(value: unknown): boolean;
  /** `sizes` remembers for `write` what has been counted on the way. */
  size(value: unknown, sizes: number[]): number;
  write(buffer: Buffer, offset: number, value: unknown, sizes: SizeQueue): number;
  read(reader: Reader, depth: number): unknown;
}

interface Field extends FieldSchema {
  readonly codec: ValueCodec;
  /** Nothing is written for the value that stands for unset. */
  readonly skipsUnset: boolean;
  readonly tag: number;
  readonly tagSize: number;
}

/** What protobuf's own implementations allow. */
const MAX_DEPTH = 100;

/** Codecs of a schema's messages, each made when it is first asked for. */
export class MessageCodecs {
  readonly #schema: ProtoSchema;
  readonly #types = new Map<string, MessageType>();

  constructor(schema: ProtoSchema) {
    this.#schema = schema;
  }

  of(typeName: string): MessageCodec {
    return this.#type(typeName);
  }

  #type(typeName: string): MessageType {
    let type = this.#types.get(typeName);
    if (!type) {
      const fields = this.#schema.messages.get(typeName);
      if (!fields) throw new Error(`there is no message ${typeName}`);
      type = new MessageType(() => fields.map((field) => this.#field(field)));
      this.#types.set(typeName, type);
    }
    return type;
  }

  #field(schema: FieldSchema): Field {
    const codec = this.#codecOf(schema);
    const tag = schema.number * 8 + codec.wireType;
    const skipsUnset = schema.rule === 'single' && schema.oneof === undefined;
    return { ...schema, codec, tag, tagSize: varintSize(tag), skipsUnset };
  }

  #codecOf({ type, typeName }: FieldSchema): ValueCodec {
    if (type === 'message') return this.#type(typeName);
    if (type === 'enum') return enumCodec(this.#schema.enums.get(typeName) ?? new Map());
    return scalarCodecs[type];
  }
}

/** Sizes in the order in which `size` has found them. */
class SizeQueue {
  readonly #sizes: readonly number[];
  #next = 0;

  constructor(sizes: readonly number[]) {
    this.#sizes = sizes;
  }

  next(): number {
    return this.#sizes[this.#next++] ?? 0;
  }
}

class MessageType implements ValueCodec, MessageCodec {
  readonly wireType = DELIMITED;
  readonly unset = null;
  readonly #makeFields: () => readonly Field[];
  #fields: readonly Field[] | undefined;
  #byNumber: readonly (Field | undefined)[] = [];
  #unset: Message = {};
  #collections: readonly Field[] = [];

  constructor(makeFields: () => readonly Field[]) {
    this.#makeFields = makeFields;
  }

  encode(message: object): Buffer {
    const sizes: number[] = [];
    const size = this.#bodySize(message as Message, sizes);
    const buffer = Buffer.allocUnsafe(size);
    this.#writeBody(buffer, 0, message as Message, new SizeQueue(sizes));
    return buffer;
  }

  decode(buffer: Buffer): Message {
    return this.#readBody(new Reader(buffer, 0, buffer.length), 0);
  }

  isUnset(): boolean {
    return false;
  }

  size(value: unknown, sizes: number[]): number {
    if (typeof value !== 'object') throw new TypeError(`${String(value)} is not a message`);
    const place = sizes.push(0) - 1;
    const size = this.#bodySize(value as Message, sizes);
    sizes[place] = size;
    return varintSize(size) + size;
  }

  write(buffer: Buffer, offset: number, value: unknown, sizes: SizeQueue): number {
    return this.#writeBody(buffer, writeVarint(buffer, offset, sizes.next()), value as Message, sizes);
  }

  read(reader: Reader, depth: number): Message {
    if (depth > MAX_DEPTH) throw new RangeError('messages are nested too deeply');
    const end = reader.delimited();
    const body = new Reader(reader.buffer, reader.offset, end);
    reader.offset = end;
    return this.#readBody(body, depth);
  }

  /** Made when first needed, since types may hold each other. */
  #fieldsOnce(): readonly Field[] {
    if (this.#fields) return this.#fields;
    const fields = this.#makeFields();
    const byNumber: (Field | undefined)[] = [];
    for (const field of fields) byNumber[field.number] = field;
    this.#byNumber = byNumber;
    this.#collections = fields.filter(({ rule }) => rule === 'repeated' || rule === 'map');
    this.#unset = Object.fromEntries(
      fields.filter(({ rule, oneof }) => rule !== 'optional' && !oneof).map(({ name, codec }) => [name, codec.unset]),
    );
    this.#fields = fields;
    return fields;
  }

  #bodySize(message: Message, sizes: number[]): number {
    let size = 0;
    for (const field of this.#fieldsOnce()) {
      const value = message[field.name];
      if (value === undefined || value === null) continue;
      if (field.rule === 'repeated' || field.rule === 'map') {
        for (const item of itemsOf(field, value)) size += field.tagSize + field.codec.size(item, sizes);
      } else if (!field.skipsUnset || !field.codec.isUnset(value)) {
        size += field.tagSize + field.codec.size(value, sizes);
      }
    }
    return size;
  }

  #writeBody(buffer: Buffer, start: number, message: Message, sizes: SizeQueue): number {
    let offset = start;
    const put = (field: Field, value: unknown): void => {
      offset = field.codec.write(buffer, writeVarint(buffer, offset, field.tag), value, sizes);
    };
    for (const field of this.#fieldsOnce()) {
      const value = message[field.name];
      if (value === undefined || value === null) continue;
      if (field.rule === 'repeated' || field.rule === 'map') {
        for (const item of itemsOf(field, value)) put(field, item);
      } else if (!field.skipsUnset || !field.codec.isUnset(value)) {
        put(field, value);
      }
    }
    return offset;
  }

  #readBody(reader: Reader, depth: number): Message {
    this.#fieldsOnce();
    const message: Message = { ...this.#unset };
    for (const { name, rule } of this.#collections) message[name] = rule === 'map' ? {} : [];
    while (reader.offset < reader.end) {
      const tag = reader.uint32();
      const field = this.#byNumber[tag >>> 3];
      if (field?.tag === tag) store(message, field, field.codec.read(reader, depth + 1));
      else reader.skip(tag & 7);
    }
    return message;
  }
}

function store(message: Message, field: Field, value: unknown): void {
  const { name, rule, oneof } = field;
  if (rule === 'repeated') (message[name] as unknown[]).push(value);
  else if (rule === 'map') {
    const entry = value as { readonly key: string; readonly value: unknown };
    (message[name] as Message)[entry.key] = entry.value;
  } else {
    if (oneof !== undefined) {
      // Of several, the last one counts.
      const before = message[oneof];
      if (before !== undefined && before !== name) delete message[before as string];
      message[oneof] = name;
    }
    message[name] = value;
  }
}

/** A map's entries are messages of a key and a value. */
function itemsOf({ name, rule }: Field, value: unknown): readonly unknown[] {
  if (rule === 'map') return Object.entries(value as object).map(([key, item]) => ({ key, value: item as unknown }));
  if (!Array.isArray(value)) throw new TypeError(`${name} is not a list`);
  return value;
}

const EMPTY = Buffer.alloc(0);

const scalarCodecs: Readonly<Record<Scalar, ValueCodec>> = {
  string: {
    wireType: DELIMITED,
    unset: '',
    isUnset: (value) => value === '',
    size: (value, sizes) => {
      if (typeof value !== 'string') throw new TypeError(`${String(value)} is not a string`);
      const length = Buffer.byteLength(value);
      sizes.push(length);
      return varintSize(length) + length;
    },
    write: (buffer, offset, value, sizes) => {
      const start = writeVarint(buffer, offset, sizes.next());
      return start + buffer.write(value as string, start);
    },
    read: (reader) => {
      const end = reader.delimited();
      const text = reader.buffer.toString('utf8', reader.offset, end);
      reader.offset = end;
      return text;
    },
  },
  bytes: {
    wireType: DELIMITED,
    unset: EMPTY,
    isUnset: (value) => (value as Uint8Array).length === 0,
    size: (value) => {
      if (!(value instanceof Uint8Array)) throw new TypeError('bytes are to be a Buffer');
      return varintSize(value.length) + value.length;
    },
    write: (buffer, offset, value) => {
      const bytes = value as Uint8Array;
      const start = writeVarint(buffer, offset, bytes.length);
      buffer.set(bytes, start);
      return start + bytes.length;
    },
    read: (reader) => {
      const end = reader.delimited();
      const bytes = reader.buffer.subarray(reader.offset, end);
      reader.offset = end;
      return bytes;
    },
  },
  bool: {
    wireType: VARINT,
    unset: false,
    isUnset: (value) => value === false,
    size: () => 1,
    write: (buffer, offset, value) => writeVarint(buffer, offset, value ? 1 : 0),
    read: (reader) => reader.integer(false) !== 0,
  },
  int32: integerCodec((reader) => reader.integer(true) | 0),
  uint32: integerCodec((reader) => reader.uint32()),
  int64: integerCodec((reader) => reader.integer(true)),
  uint64: integerCodec((reader) => reader.integer(false)),
};

function integerCodec(read: (reader: Reader) => number): ValueCodec {
  return {
    wireType: VARINT,
    unset: 0,
    isUnset: (value) => value === 0 || value === '0',
    size: (value) => (isPlain(value) ? varintSize(value) : bigVarintSize(toBigInt(value))),
    write: (buffer, offset, value) =>
      isPlain(value) ? writeVarint(buffer, offset, value) : writeBigVarint(buffer, offset, toBigInt(value)),
    read,
  };
}

function isPlain(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && Number.isSafeInteger(value);
}

function toBigInt(value: unknown): bigint {
  if (typeof value === 'string' || typeof value === 'bigint') return BigInt(value);
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  throw new TypeError(`${String(value)} is not an integer`);
}

/** A number that has no name stays one. */
function enumCodec(values: ReadonlyMap<string, number>): ValueCodec {
  const names = new Map([...values].map(([name, number]) => [number, name]));
  const numberOf = (value: unknown): number => {
    const number = typeof value === 'number' ? value : values.get(value as string);
    if (number === undefined)
      throw new TypeError(`there is no ${String(value)} among ${[...values.keys()].join(', ')}`);
    return number;
  };
  return {
    wireType: VARINT,
    unset: names.get(0),
    isUnset: (value) => numberOf(value) === 0,
    size: (value) => varintSize(numberOf(value)),
    write: (buffer, offset, value) => writeVarint(buffer, offset, numberOf(value)),
    read: (reader) => {
      const number = reader.uint32();
      return names.get(number) ?? number;
    },
  };
}

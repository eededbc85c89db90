/**
 * Protocol Buffers' wire format, as much of it as etcd's messages need. A
 * message is a table of fields; unknown fields are skipped. 64-bit integers are
 * JavaScript numbers: revisions stay far below 2^53, and what does not (member
 * ids) is in no table.
 */

import { varintSize, writeVarint } from '@kubelab/runtime';

type WireType = 0 | 2;

/** How one value looks on the wire, without its tag. */
interface Kind<V, W = V> {
  readonly wireType: WireType;
  size(value: W): number;
  /** Returns the offset behind what it wrote. */
  write(buffer: Buffer, offset: number, value: W): number;
  /** For wire type 0, `start` is the value; for 2, bytes `start` to `end`. */
  read(buffer: Buffer, start: number, end: number): V;
}

/** Read as a V, written from a W: a decoded message has all its fields, one to encode only those that matter. */
interface Field<V, W = V> {
  readonly number: number;
  readonly kind: Kind<unknown>;
  readonly repeated: boolean;
  /** What a decoded message holds where the field is absent. */
  readonly absent: () => V;
  /** Carries the type alone; never set. */
  readonly written?: W;
}

type Fields = Readonly<Record<string, Field<unknown, unknown>>>;
type Decoded<F extends Fields> = { [K in keyof F]: F[K] extends Field<infer V, unknown> ? V : never };
type Encodable<F extends Fields> = { [K in keyof F]?: F[K] extends Field<unknown, infer W> ? W : never };

export interface MessageType<T, I = T> {
  encode(value: I): Buffer;
  decode(buffer: Buffer): T;
  readonly kind: Kind<T, I>;
}

/** A message as it is decoded. */
export type MessageOf<M> = M extends MessageType<infer T, never> ? T : never;
/** A message to encode: every field may be left out. */
export type InputOf<M> = M extends MessageType<unknown, infer I> ? I : never;

const bytesKind: Kind<Buffer> = {
  wireType: 2,
  size: (value) => varintSize(value.length) + value.length,
  write: (buffer, offset, value) => {
    const start = writeVarint(buffer, offset, value.length);
    value.copy(buffer, start);
    return start + value.length;
  },
  read: (buffer, start, end) => buffer.subarray(start, end),
};

const textKind: Kind<string> = {
  wireType: 2,
  size: (value) => bytesKind.size(Buffer.from(value)),
  write: (buffer, offset, value) => bytesKind.write(buffer, offset, Buffer.from(value)),
  read: (buffer, start, end) => buffer.toString('utf8', start, end),
};

const numberKind: Kind<number> = {
  wireType: 0,
  size: varintSize,
  write: writeVarint,
  read: (_buffer, value) => value,
};

const booleanKind: Kind<boolean> = {
  wireType: 0,
  size: () => 1,
  write: (buffer, offset, value) => writeVarint(buffer, offset, value ? 1 : 0),
  read: (_buffer, value) => value !== 0,
};

const EMPTY = Buffer.alloc(0);

export const bytes = (number: number): Field<Buffer> => field(number, bytesKind, () => EMPTY);
export const text = (number: number): Field<string> => field(number, textKind, () => '');
/** int64 and enums; at most 2^53. */
export const integer = (number: number): Field<number> => field(number, numberKind, () => 0);
export const flag = (number: number): Field<boolean> => field(number, booleanKind, () => false);
export const one = <T, I>(number: number, type: MessageType<T, I>): Field<T | undefined, I | undefined> =>
  field(number, type.kind, () => undefined);
export const many = <T, I>(number: number, type: MessageType<T, I>): Field<T[], readonly I[]> => ({
  ...field(number, type.kind, () => []),
  repeated: true,
});

function field<V, W>(number: number, kind: object, absent: () => V): Field<V, W> {
  return { number, kind: kind as Kind<unknown>, repeated: false, absent };
}

/** Builds a message type from its table. Field numbers must be below 16, except repeated ones read but never written. */
export function message<F extends Fields>(fields: F): MessageType<Decoded<F>, Encodable<F>> {
  type T = Decoded<F>;
  type I = Encodable<F>;
  const entries = Object.entries(fields);
  const byNumber = new Map(entries.map(([name, entry]) => [entry.number, { name, entry }]));

  const bodySize = (value: I): number => {
    let size = 0;
    for (const [name, entry] of entries) {
      for (const item of present(value[name as keyof I], entry)) size += 1 + entry.kind.size(item);
    }
    return size;
  };
  const writeBody = (buffer: Buffer, start: number, value: I): number => {
    let offset = start;
    for (const [name, entry] of entries) {
      for (const item of present(value[name as keyof I], entry)) {
        buffer[offset] = entry.number * 8 + entry.kind.wireType;
        offset = entry.kind.write(buffer, offset + 1, item);
      }
    }
    return offset;
  };
  const read = (buffer: Buffer, start: number, end: number): T => {
    const result: Record<string, unknown> = {};
    for (const [name, entry] of entries) result[name] = entry.absent();
    const cursor = new Cursor(buffer, start, end);
    while (cursor.next()) {
      const known = byNumber.get(cursor.fieldNumber);
      if (!known || known.entry.kind.wireType !== cursor.wireType) continue;
      const value = known.entry.kind.read(buffer, cursor.start, cursor.end);
      if (known.entry.repeated) (result[known.name] as unknown[]).push(value);
      else result[known.name] = value;
    }
    return result as T;
  };
  return {
    encode: (value) => {
      const buffer = Buffer.allocUnsafe(bodySize(value));
      writeBody(buffer, 0, value);
      return buffer;
    },
    decode: (buffer) => read(buffer, 0, buffer.length),
    kind: {
      wireType: 2,
      size: (value) => {
        const size = bodySize(value);
        return varintSize(size) + size;
      },
      write: (buffer, offset, value) => writeBody(buffer, writeVarint(buffer, offset, bodySize(value)), value),
      read,
    },
  };
}

/** The values to write: none for proto3's defaults, which mean the same when absent. */
function present(value: unknown, entry: Field<unknown, unknown>): readonly unknown[] {
  if (entry.repeated) return (value as unknown[] | undefined) ?? [];
  if (value === undefined || value === 0 || value === false || value === '') return [];
  return [value];
}

/** Steps through the fields of an encoded message. */
class Cursor {
  fieldNumber = 0;
  wireType = 0;
  /** The value itself for wire type 0. */
  start = 0;
  end = 0;
  #offset: number;

  constructor(
    readonly buffer: Buffer,
    offset: number,
    readonly limit: number,
  ) {
    this.#offset = offset;
  }

  next(): boolean {
    if (this.#offset >= this.limit) return false;
    const tag = this.#varint();
    this.fieldNumber = Math.floor(tag / 8);
    this.wireType = tag & 7;
    if (this.wireType === 0) {
      this.start = this.#varint();
      return true;
    }
    const length = this.wireType === 2 ? this.#varint() : this.wireType === 1 ? 8 : this.wireType === 5 ? 4 : -1;
    this.start = this.#offset;
    this.end = this.start + length;
    if (length < 0 || this.end > this.limit) throw new RangeError('malformed protocol buffer');
    this.#offset = this.end;
    return true;
  }

  #varint(): number {
    let value = 0;
    let factor = 1;
    for (let index = 0; index < 10; index++) {
      const byte = this.buffer[this.#offset];
      if (byte === undefined || this.#offset >= this.limit) throw new RangeError('truncated protocol buffer');
      this.#offset++;
      // The tenth byte is there for negative numbers alone: -1 marks a watch id that means "all".
      if (index === 9) return -1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    return value;
  }
}

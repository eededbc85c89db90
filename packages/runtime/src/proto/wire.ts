/**
 * The numbers of Protocol Buffers' wire format
 * (https://protobuf.dev/programming-guides/encoding/).
 */

export const VARINT = 0;
const FIXED64 = 1;
export const DELIMITED = 2;
const FIXED32 = 5;

const TWO_28 = 2 ** 28;
const TWO_36 = 2 ** 36;

/** Bytes that a non-negative integer up to 2^53 takes. */
export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** Returns the offset behind it. */
export function writeVarint(buffer: Buffer, start: number, value: number): number {
  let offset = start;
  let rest = value;
  while (rest >= 128) {
    buffer[offset++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  buffer[offset++] = rest;
  return offset;
}

/** The same for any integer of 64 bits, with the two's complement of a negative one. */
export function bigVarintSize(value: bigint): number {
  let size = 1;
  for (let rest = BigInt.asUintN(64, value); rest >= 128n; rest >>= 7n) size++;
  return size;
}

export function writeBigVarint(buffer: Buffer, start: number, value: bigint): number {
  let offset = start;
  let rest = BigInt.asUintN(64, value);
  for (; rest >= 128n; rest >>= 7n) buffer[offset++] = Number(rest & 127n) | 128;
  buffer[offset++] = Number(rest);
  return offset;
}

/** Steps over an encoded message. Throws a RangeError where that is cut short or malformed. */
export class Reader {
  readonly buffer: Buffer;
  readonly end: number;
  offset: number;

  constructor(buffer: Buffer, start: number, end: number) {
    this.buffer = buffer;
    this.offset = start;
    this.end = end;
  }

  /** An integer below 2^32: a tag or a length, and what is above is cut off. */
  uint32(): number {
    const first = this.buffer[this.offset];
    if (first !== undefined && first < 128 && this.offset < this.end) {
      this.offset++;
      return first;
    }
    return this.integer(false) >>> 0;
  }

  /** 64 bits as a number: above 2^53 it is the nearest one. */
  integer(signed: boolean): number {
    let low = 0;
    let middle = 0;
    let high = 0;
    for (let index = 0; index < 10; index++) {
      const byte = this.buffer[this.offset];
      if (byte === undefined || this.offset >= this.end) throw new RangeError('the message is cut short');
      this.offset++;
      const bits = byte & 127;
      if (index < 4) low |= bits << (7 * index);
      else if (index < 8) middle |= bits << (7 * index - 28);
      else high |= bits << (7 * index - 56);
      if (byte < 128) return join64(low, middle, high & 255, signed);
    }
    throw new RangeError('an integer is too long');
  }

  /** The end of a value that begins with its length; the offset is at its start then. */
  delimited(): number {
    const length = this.uint32();
    const end = this.offset + length;
    if (end > this.end) throw new RangeError('the message is cut short');
    return end;
  }

  skip(wireType: number): void {
    if (wireType === VARINT) this.integer(false);
    else if (wireType === DELIMITED) this.offset = this.delimited();
    else if (wireType === FIXED64) this.offset += 8;
    else if (wireType === FIXED32) this.offset += 4;
    else throw new RangeError(`there is no wire type ${wireType}`);
    if (this.offset > this.end) throw new RangeError('the message is cut short');
  }
}

/** Rounds once. */
function join64(low: number, middle: number, high: number, signed: boolean): number {
  const upper = high * TWO_28 + middle;
  return (signed && high > 127 ? upper - TWO_36 : upper) * TWO_28 + low;
}

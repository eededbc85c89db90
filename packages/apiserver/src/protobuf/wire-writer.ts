const FIRST_CAPACITY_BYTES = 64 * 1024;
/** What one large list has grown it to is not kept for ever. */
const MAX_KEPT_BYTES = 1024 * 1024;
/** Up to here a loop is faster than a call into the runtime. */
const SHORT_TEXT = 48;

/**
 * Writes protobuf from its end to its beginning: the length of a message, which comes before it, is known once it has
 * been written, and nothing is measured or copied twice.
 */
export class WireWriter {
  #buffer = Buffer.allocUnsafeSlow(FIRST_CAPACITY_BYTES);
  #start = FIRST_CAPACITY_BYTES;

  /** How much has been written. */
  get length(): number {
    return this.#buffer.length - this.#start;
  }

  /** What has been written, as bytes of its own; the writer is empty then. */
  take(): Buffer {
    const bytes = Buffer.allocUnsafeSlow(this.length);
    this.#buffer.copy(bytes, 0, this.#start);
    if (this.#buffer.length > MAX_KEPT_BYTES) this.#buffer = Buffer.allocUnsafeSlow(FIRST_CAPACITY_BYTES);
    this.#start = this.#buffer.length;
    return bytes;
  }

  /** Forgets what has been written. */
  clear(): void {
    this.#start = this.#buffer.length;
  }

  /** A whole number of zero or more: a tag, a length, a value. */
  varint(value: number): void {
    if (value < 0x80) {
      this.#reserve(1);
      this.#buffer[--this.#start] = value;
      return;
    }
    const size = varintSize(value);
    this.#reserve(size);
    this.#start -= size;
    let offset = this.#start;
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#buffer[offset++] = (rest % 0x80) | 0x80;
    this.#buffer[offset] = rest;
  }

  /** Any whole number; ten bytes where it is negative. */
  integer(value: number): void {
    if (value >= 0) {
      this.varint(value);
      return;
    }
    this.#reserve(10);
    this.#start -= 10;
    let rest = BigInt.asUintN(64, BigInt(value));
    for (let index = 0; index < 9; index += 1, rest >>= 7n)
      this.#buffer[this.#start + index] = Number(rest & 0x7fn) | 0x80;
    this.#buffer[this.#start + 9] = Number(rest);
  }

  /** Without a length before it. */
  bytes(bytes: Buffer): void {
    this.#reserve(bytes.length);
    this.#start -= bytes.length;
    bytes.copy(this.#buffer, this.#start);
  }

  /** A text with its length before it. */
  text(text: string): void {
    const before = this.length;
    if (text.length > SHORT_TEXT || !this.#shortAscii(text)) {
      const size = Buffer.byteLength(text);
      this.#reserve(size);
      this.#start -= size;
      this.#buffer.write(text, this.#start, size, 'utf8');
    }
    this.varint(this.length - before);
  }

  /** The length of all that was written since the writer was so long, as a message or bytes begin. */
  delimit(lengthBefore: number): void {
    this.varint(this.length - lengthBefore);
  }

  /** A length as 32 bits, the highest first. */
  frameLength(): void {
    const { length } = this;
    this.#reserve(4);
    this.#start -= 4;
    this.#buffer.writeUInt32BE(length, this.#start);
  }

  /** False, with nothing written, where a character takes more than a byte. */
  #shortAscii(text: string): boolean {
    const { length } = text;
    this.#reserve(length);
    const start = this.#start - length;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) return false;
      this.#buffer[start + index] = code;
    }
    this.#start = start;
    return true;
  }

  #reserve(size: number): void {
    if (size <= this.#start) return;
    const { length } = this;
    const grown = Buffer.allocUnsafeSlow(Math.max(2 * this.#buffer.length, 2 * (length + size)));
    this.#buffer.copy(grown, grown.length - length, this.#start);
    this.#start = grown.length - length;
    this.#buffer = grown;
  }
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size += 1;
  return size;
}

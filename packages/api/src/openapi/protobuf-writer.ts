const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** A field as it will be written: a number is a varint, a text or message comes after its length. */
type Part = number | string | MessageWriter;

/**
 * Collects one protobuf message, field by field. Only what OpenAPI documents
 * need: strings, booleans and messages. As in proto3, what is absent, empty
 * or false is not written. A message that has been added to another must not
 * grow any more: its length is part of the outer one's.
 */
export class MessageWriter {
  readonly #parts: Part[] = [];
  #byteLength = 0;

  string(field: number, value: string | undefined): this {
    return value ? this.#text(field, value) : this;
  }

  strings(field: number, values: readonly string[] | undefined): this {
    // An empty string in a list counts, unlike an empty field.
    for (const value of values ?? []) this.#text(field, value);
    return this;
  }

  boolean(field: number, value: boolean | undefined): this {
    if (value) this.#number((field << 3) | VARINT).#number(1);
    return this;
  }

  /** An empty message is written: it says that it is there. */
  message(field: number, message: MessageWriter | undefined): this {
    if (message === undefined) return this;
    this.#number((field << 3) | LENGTH_DELIMITED).#number(message.#byteLength);
    this.#parts.push(message);
    this.#byteLength += message.#byteLength;
    return this;
  }

  /** All in one buffer; nothing is copied twice however deep the messages are nested. */
  finish(): Uint8Array {
    const buffer = Buffer.allocUnsafe(this.#byteLength);
    this.#writeTo(buffer, 0);
    return buffer;
  }

  #text(field: number, value: string): this {
    const length = Buffer.byteLength(value);
    this.#number((field << 3) | LENGTH_DELIMITED).#number(length);
    this.#parts.push(value);
    this.#byteLength += length;
    return this;
  }

  #number(value: number): this {
    this.#parts.push(value);
    for (let rest = value; rest > 0x7f; rest >>>= 7) this.#byteLength++;
    this.#byteLength++;
    return this;
  }

  #writeTo(buffer: Buffer, start: number): number {
    let at = start;
    for (const part of this.#parts) {
      if (typeof part === 'string') at += buffer.write(part, at);
      else if (typeof part === 'number') at = writeVarint(buffer, at, part);
      else at = part.#writeTo(buffer, at);
    }
    return at;
  }
}

function writeVarint(buffer: Buffer, start: number, value: number): number {
  let at = start;
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) buffer[at++] = (rest & 0x7f) | 0x80;
  buffer[at++] = rest;
  return at;
}

const HEADER_BYTES = 5;

/** A gRPC message behind its header: not compressed, then its length. */
export function frame(body: Buffer): Buffer {
  const result = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  result[0] = 0;
  result.writeUInt32BE(body.length, 1);
  body.copy(result, HEADER_BYTES);
  return result;
}

/** Cuts a stream of bytes into gRPC messages. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #length = 0;
  /** Bytes that the next message takes, header included; 0 while its header is not complete. */
  #needed = 0;

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The next whole message, or undefined until more bytes are pushed. */
  next(): Buffer | undefined {
    if (this.#needed === 0) {
      if (this.#length < HEADER_BYTES) return undefined;
      const joined = this.#join();
      if (joined[0] !== 0) throw new Error('etcd sent a compressed message, which was not asked for');
      this.#needed = HEADER_BYTES + joined.readUInt32BE(1);
    }
    if (this.#length < this.#needed) return undefined;
    const joined = this.#join();
    const message = joined.subarray(HEADER_BYTES, this.#needed);
    const rest = joined.subarray(this.#needed);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#length = rest.length;
    this.#needed = 0;
    return message;
  }

  #join(): Buffer {
    const [first] = this.#chunks;
    const joined = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks, this.#length);
    this.#chunks = [joined];
    return joined;
  }
}

import { constants, createDeflate, createInflate } from 'node:zlib';
import { HEADER_DICTIONARY } from './dictionary.js';
import { SpdyProtocolError } from './frame-reader.js';

/** Lower-case names to values; a name's several values are separated by NUL. */
export type Headers = ReadonlyMap<string, string>;

const MAX_BLOCK_BYTES = 256 * 1024;

/** Reads header blocks. They are one zlib stream, so each must be read, in order, and none twice. */
export class HeaderDecompressor {
  readonly #inflate = createInflate({ dictionary: HEADER_DICTIONARY, finishFlush: constants.Z_SYNC_FLUSH });
  #chunks: Buffer[] = [];
  #size = 0;

  constructor() {
    this.#inflate.on('data', (chunk: Buffer) => {
      this.#size += chunk.length;
      if (this.#size <= MAX_BLOCK_BYTES) this.#chunks.push(chunk);
      else this.#inflate.destroy(new SpdyProtocolError('headers are too large'));
    });
    // Each read has its own error; one that comes later has nobody to tell.
    this.#inflate.on('error', () => undefined);
  }

  /** @throws SpdyProtocolError */
  async read(block: Buffer): Promise<Headers> {
    this.#chunks = [];
    this.#size = 0;
    await new Promise<void>((resolve, reject) => {
      this.#inflate.write(block, (error) => {
        if (error) reject(new SpdyProtocolError('headers cannot be read', { cause: error }));
        else resolve();
      });
    });
    return parsePairs(Buffer.concat(this.#chunks));
  }

  close(): void {
    this.#inflate.destroy();
  }
}

/** Writes header blocks, in the order in which they must be sent. */
export class HeaderCompressor {
  // A server's headers are few: small windows keep many connections cheap.
  readonly #deflate = createDeflate({ dictionary: HEADER_DICTIONARY, windowBits: 11, memLevel: 2 });
  #chunks: Buffer[] = [];

  constructor() {
    this.#deflate.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
    this.#deflate.on('error', () => undefined);
  }

  /** One at a time. Rejects once closed. */
  async write(headers: Headers): Promise<Buffer> {
    this.#chunks = [];
    await new Promise<void>((resolve, reject) => {
      this.#deflate.once('close', reject);
      this.#deflate.write(encodePairs(headers));
      this.#deflate.flush(constants.Z_SYNC_FLUSH, () => {
        this.#deflate.off('close', reject);
        resolve();
      });
    });
    return Buffer.concat(this.#chunks);
  }

  close(): void {
    this.#deflate.destroy();
  }
}

function encodePairs(headers: Headers): Buffer {
  const parts = [...headers].flatMap(([name, value]) => [withLength(name.toLowerCase()), withLength(value)]);
  const count = Buffer.alloc(4);
  count.writeUInt32BE(headers.size);
  return Buffer.concat([count, ...parts]);
}

function withLength(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function parsePairs(bytes: Buffer): Headers {
  let offset = 0;
  const number = (): number => {
    if (offset + 4 > bytes.length) throw new SpdyProtocolError('headers are cut short');
    offset += 4;
    return bytes.readUInt32BE(offset - 4);
  };
  const text = (): string => {
    const length = number();
    if (offset + length > bytes.length) throw new SpdyProtocolError('headers are cut short');
    offset += length;
    return bytes.toString('utf8', offset - length, offset);
  };
  const headers = new Map<string, string>();
  const count = number();
  for (let index = 0; index < count; index++) {
    const name = text();
    if (headers.has(name)) throw new SpdyProtocolError(`header ${JSON.stringify(name)} comes twice`);
    headers.set(name, text());
  }
  return headers;
}

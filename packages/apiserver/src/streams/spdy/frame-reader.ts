import { CONTROL_TYPES, FLAG_FIN, FRAME_HEADER_BYTES, type Frame, ID_MASK, VERSION } from './frames.js';

/** Far more than the headers of any stream need. */
const MAX_CONTROL_BYTES = 64 * 1024;
const EMPTY = Buffer.alloc(0);

/** The connection cannot go on. */
export class SpdyProtocolError extends Error {
  override readonly name = 'SpdyProtocolError';
}

interface Header {
  readonly word: number;
  readonly flags: number;
  length: number;
}

/**
 * Makes frames of bytes. Data is handed on as it comes, so that a frame of
 * many megabytes is several of ours; of control frames none may be large.
 */
export class FrameReader {
  #buffered: Buffer = EMPTY;
  /** Of the frame that is being read. */
  #header: Header | undefined;

  push(chunk: Buffer): void {
    this.#buffered = this.#buffered.length === 0 ? chunk : Buffer.concat([this.#buffered, chunk]);
  }

  /** Undefined until more bytes come. Frames of unknown types are passed over. @throws SpdyProtocolError */
  next(): Frame | undefined {
    for (;;) {
      this.#header ??= this.#readHeader();
      if (!this.#header) return undefined;
      if ((this.#header.word & 0x8000_0000) === 0) return this.#readData(this.#header);
      if (this.#buffered.length < this.#header.length) return undefined;
      const { word, flags, length } = this.#header;
      this.#header = undefined;
      const frame = parseControl(word & 0xffff, flags, this.#take(length));
      if (frame) return frame;
    }
  }

  #readHeader(): Header | undefined {
    if (this.#buffered.length < FRAME_HEADER_BYTES) return undefined;
    const bytes = this.#take(FRAME_HEADER_BYTES);
    const word = bytes.readUInt32BE(0) | 0;
    const length = bytes.readUIntBE(5, 3);
    if (word < 0) {
      const version = (word >>> 16) & 0x7fff;
      if (version !== VERSION) throw new SpdyProtocolError(`SPDY version ${version} is not spoken here`);
      if (length > MAX_CONTROL_BYTES) throw new SpdyProtocolError(`a control frame of ${length} bytes`);
    }
    return { word, flags: bytes[4] ?? 0, length };
  }

  #readData(header: Header): Frame | undefined {
    if (header.length > 0 && this.#buffered.length === 0) return undefined;
    const data = this.#take(Math.min(header.length, this.#buffered.length));
    header.length -= data.length;
    const isWhole = header.length === 0;
    if (isWhole) this.#header = undefined;
    return { type: 'data', streamId: header.word & ID_MASK, fin: isWhole && (header.flags & FLAG_FIN) !== 0, data };
  }

  #take(length: number): Buffer {
    const taken = this.#buffered.subarray(0, length);
    this.#buffered = this.#buffered.length === length ? EMPTY : this.#buffered.subarray(length);
    return taken;
  }
}

function parseControl(type: number, flags: number, body: Buffer): Frame | undefined {
  const fin = (flags & FLAG_FIN) !== 0;
  switch (type) {
    case CONTROL_TYPES.synStream:
      return { type: 'synStream', streamId: wordOf(body, 0) & ID_MASK, fin, block: after(body, 10) };
    case CONTROL_TYPES.synReply:
      return { type: 'synReply', streamId: wordOf(body, 0) & ID_MASK, fin, block: after(body, 4) };
    case CONTROL_TYPES.headers:
      return { type: 'headers', streamId: wordOf(body, 0) & ID_MASK, fin, block: after(body, 4) };
    case CONTROL_TYPES.rstStream:
      return { type: 'rstStream', streamId: wordOf(body, 0) & ID_MASK, status: wordOf(body, 4) };
    case CONTROL_TYPES.settings:
      return { type: 'settings', values: settingsOf(body) };
    case CONTROL_TYPES.ping:
      return { type: 'ping', id: wordOf(body, 0) };
    case CONTROL_TYPES.goAway:
      return { type: 'goAway', lastGoodStreamId: wordOf(body, 0) & ID_MASK, status: wordOf(body, 4) };
    case CONTROL_TYPES.windowUpdate:
      return { type: 'windowUpdate', streamId: wordOf(body, 0) & ID_MASK, delta: wordOf(body, 4) & ID_MASK };
    default:
      return undefined;
  }
}

function settingsOf(body: Buffer): Map<number, number> {
  const values = new Map<number, number>();
  const count = wordOf(body, 0);
  for (let index = 0; index < count; index++) {
    // The first byte of a setting's number is its flags.
    values.set(wordOf(body, 4 + index * 8) & 0xff_ffff, wordOf(body, 8 + index * 8));
  }
  return values;
}

function wordOf(body: Buffer, offset: number): number {
  if (body.length < offset + 4) throw new SpdyProtocolError('a control frame is too short');
  return body.readUInt32BE(offset);
}

function after(body: Buffer, offset: number): Buffer {
  if (body.length < offset) throw new SpdyProtocolError('a control frame is too short');
  return body.subarray(offset);
}

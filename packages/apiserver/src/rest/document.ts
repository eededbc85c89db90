import { createHash } from 'node:crypto';
import { encodeProtobuf, isEncodable } from '../protobuf/encode-protobuf.js';
import { methodNotAllowed } from '../registry/not-served.js';
import { send } from './answer.js';
import type { Exchange, Handler } from './exchange.js';
import { type Format, negotiate } from './negotiation.js';

/** A JSON answer that is made once and stays the same while the server runs. */
export interface Document {
  readonly encoded: Buffer;
  /** Of the content, quoted as a header takes it. */
  readonly etag: string;
  readonly hash: string;
  /** Undefined for what has no field numbers. */
  readonly protobuf?: Buffer | undefined;
}

/** `indent` is how many spaces a level has; by default all is in one line. */
export function documentOf(value: unknown, indent = 0): Document {
  const encoded = Buffer.from(JSON.stringify(value, null, indent));
  const hash = createHash('sha512').update(encoded).digest('hex').toUpperCase();
  return { encoded, hash, etag: `"${hash}"`, protobuf: protobufOf(value) };
}

function protobufOf(value: unknown): Buffer | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { apiVersion = '', kind = '' } = value as { apiVersion?: string; kind?: string };
  return isEncodable(kind) ? encodeProtobuf({ apiVersion, kind, definition: kind }, value) : undefined;
}

/** Makes a document when it is first asked for. */
export function lazyDocument(make: () => unknown, indent?: number): () => Document {
  let made: Document | undefined;
  return () => {
    made ??= documentOf(make(), indent);
    return made;
  };
}

/** Answers GET with the document, in JSON, YAML or, where it can be, protobuf. */
export function documentHandler(document: () => Document): Handler {
  return (exchange) => {
    const made = document();
    const { format } = negotiate(exchange.message.headers.accept, {
      many: false,
      hasProtobuf: made.protobuf !== undefined,
    });
    return sendDocument(exchange, made, undefined, format);
  };
}

/** Sends a document, or 304 to who has it already. */
export async function sendDocument(
  exchange: Exchange,
  document: Document,
  contentType: string | undefined,
  format: Format = 'json',
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { message, response, method } = exchange;
  if (method !== 'GET' && method !== 'HEAD') throw methodNotAllowed();
  const common = { ETag: document.etag, Vary: 'Accept', ...headers };
  if (message.headers['if-none-match'] === document.etag) {
    response.writeHead(304, common);
    response.end();
    return;
  }
  await send(exchange, {
    status: 200,
    encoded: document.encoded,
    ...(format === 'protobuf' ? { protobuf: document.protobuf } : { format }),
    ...(contentType ? { contentType } : {}),
    headers: common,
  });
}

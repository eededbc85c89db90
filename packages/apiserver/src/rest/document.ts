import { createHash } from 'node:crypto';
import { methodNotAllowed } from '../registry/not-served.js';
import { send } from './answer.js';
import type { Exchange, Handler } from './exchange.js';
import { JSON_TYPE, negotiate } from './negotiation.js';

/** A JSON answer that is made once and stays the same while the server runs. */
export interface Document {
  readonly encoded: Buffer;
  /** Of the content, quoted as a header takes it. */
  readonly etag: string;
  readonly hash: string;
}

export function documentOf(value: unknown): Document {
  const encoded = Buffer.from(JSON.stringify(value));
  const hash = createHash('sha512').update(encoded).digest('hex').toUpperCase();
  return { encoded, hash, etag: `"${hash}"` };
}

/** Makes a document when it is first asked for. */
export function lazyDocument(make: () => unknown): () => Document {
  let made: Document | undefined;
  return () => {
    made ??= documentOf(make());
    return made;
  };
}

/** Answers GET with the document, in JSON or YAML. */
export function documentHandler(document: () => Document): Handler {
  return (exchange) => {
    const { format } = negotiate(exchange.message.headers.accept, { many: false, hasProtobuf: false });
    return sendDocument(
      exchange,
      document(),
      format === 'yaml' ? undefined : JSON_TYPE,
      format === 'yaml' ? format : 'json',
    );
  };
}

/** Sends a document, or 304 to who has it already. */
export async function sendDocument(
  exchange: Exchange,
  document: Document,
  contentType: string | undefined,
  format: 'json' | 'yaml' = 'json',
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
    format,
    ...(contentType ? { contentType } : {}),
    headers: common,
  });
}

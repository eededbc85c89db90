import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createInflate } from 'node:zlib';
import { rewriteHtml } from './rewrite-html.js';
import type { LinkRewriting } from './rewrite-url.js';

/** A larger page goes on as it is. */
const MAX_PAGE_BYTES = 8 * 1024 * 1024;

/** True for a page whose links can be rewritten. */
export function isRewritable({ headers }: IncomingMessage): boolean {
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  if (type.trim().toLowerCase() !== 'text/html') return false;
  if (Number(headers['content-length'] ?? 0) > MAX_PAGE_BYTES) return false;
  return ['', 'identity', 'gzip', 'deflate'].includes(headers['content-encoding'] ?? '');
}

/** Carries a page back with its links rewritten, uncompressed. */
export async function carryPage(
  incoming: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: Record<string, string | string[]>,
  rewriting: LinkRewriting,
): Promise<void> {
  const { 'content-encoding': _encoding, 'content-length': _length, ...others } = headers;
  const body = decoded(incoming);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_PAGE_BYTES) break;
  }
  const read = Buffer.concat(chunks);
  if (bytes > MAX_PAGE_BYTES) {
    response.writeHead(status, others);
    response.write(read);
    return await pipeline(body, response);
  }
  // One byte a character, so that what is no UTF-8 passes unharmed.
  const page = Buffer.from(rewriteHtml(read.toString('latin1'), rewriting), 'latin1');
  response.writeHead(status, { ...others, 'content-length': page.length });
  response.end(page);
}

function decoded(incoming: IncomingMessage): Readable {
  const encoding = incoming.headers['content-encoding'];
  const decoder = encoding === 'gzip' ? createGunzip() : encoding === 'deflate' ? createInflate() : new PassThrough();
  // A failure destroys both ends, and whoever reads hears of it.
  pipeline(incoming, decoder).catch(() => undefined);
  return decoder;
}

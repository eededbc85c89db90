import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { ApiError } from '@kubelab/api';
import { stringify } from 'yaml';
import { encodeProtobuf } from '../protobuf/encode-protobuf.js';
import { PROTOBUF_TYPE } from '../protobuf/envelope.js';
import type { Exchange } from './exchange.js';
import { formatOfStatus, JSON_TYPE, YAML_TYPE } from './negotiation.js';
import { warningHeaders } from './warning-headers.js';

/** Smaller answers are not worth the time (as Kubernetes, KEP-156). */
const GZIP_THRESHOLD_BYTES = 128 * 1024;
const compress = promisify(gzip);

export interface Answer {
  readonly status: number;
  /** JSON, encoded. */
  readonly encoded: Buffer;
  /** What goes out instead. */
  readonly protobuf?: Buffer | undefined;
  readonly format?: 'json' | 'yaml';
  /** Instead of the format's own. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** YAML 1.1: what would be read as something else (`yes`, `1e3`, times) is in quotes. */
const AS_KUBERNETES = { version: '1.1', lineWidth: 0, sortMapEntries: true, indentSeq: false } as const;

const STATUS = { apiVersion: 'v1', kind: 'Status', definition: 'Status' };

/** Sends JSON, or the YAML or the pretty form of it, or protobuf, compressed when it is large and the client can. */
export async function send(exchange: Exchange, answer: Answer): Promise<void> {
  const { response, message } = exchange;
  exchange.audit?.answered(answer.status, answer.encoded);
  let bytes = bodyOf(exchange, answer);
  const headers: Record<string, string | string[]> = {
    'Content-Type': contentTypeOf(answer),
    'Cache-Control': 'no-cache, private',
    'Audit-Id': exchange.auditId,
    ...answer.headers,
  };
  if (exchange.warnings.size > 0) headers.Warning = warningHeaders(exchange.warnings);
  if (bytes.length > GZIP_THRESHOLD_BYTES && acceptsGzip(message.headers['accept-encoding'])) {
    bytes = await compress(bytes, { level: constants.Z_BEST_SPEED });
    headers['Content-Encoding'] = 'gzip';
    headers.Vary = 'Accept-Encoding';
  }
  if (response.headersSent || response.destroyed) return;
  headers['Content-Length'] = String(bytes.length);
  response.writeHead(answer.status, headers);
  response.end(exchange.method === 'HEAD' ? undefined : bytes);
}

function bodyOf(exchange: Exchange, answer: Answer): Buffer {
  if (answer.protobuf !== undefined) return answer.protobuf;
  const { encoded, format, contentType } = answer;
  if (format === 'yaml') return Buffer.from(stringify(JSON.parse(encoded.toString('utf8')), AS_KUBERNETES));
  if (contentType !== undefined || !wantsPretty(exchange)) return encoded;
  return Buffer.from(`${JSON.stringify(JSON.parse(encoded.toString('utf8')), null, 2)}\n`);
}

function contentTypeOf({ protobuf, format, contentType }: Answer): string {
  if (contentType !== undefined) return contentType;
  if (protobuf !== undefined) return PROTOBUF_TYPE;
  return format === 'yaml' ? YAML_TYPE : JSON_TYPE;
}

export function sendText(exchange: Exchange, status: number, text: string): void {
  const { response } = exchange;
  exchange.audit?.answered(status, undefined);
  response.writeHead(status, {
    'Audit-Id': exchange.auditId,
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(exchange.method === 'HEAD' ? undefined : text);
}

/** Sends a failure as a Status, if nothing has been sent yet. */
export async function sendError(exchange: Exchange, error: ApiError): Promise<void> {
  const { response } = exchange;
  if (response.headersSent) {
    // Half an answer cannot be taken back; a cut connection at least says so.
    response.destroy(error);
    return;
  }
  const headers: Record<string, string> = {};
  if (error.details?.retryAfterSeconds) headers['Retry-After'] = String(error.details.retryAfterSeconds);
  // What is left of a body that nobody reads would be taken for the next request.
  if (!exchange.message.complete) headers.Connection = 'close';
  const status = error.toStatus();
  const format = formatOfStatus(exchange.message.headers.accept);
  await send(exchange, {
    status: error.code,
    encoded: Buffer.from(JSON.stringify(status)),
    ...(format === 'protobuf' ? { protobuf: encodeProtobuf(STATUS, status) } : { format }),
    headers,
  });
}

const TRUE = /^(1|t|T|true|True|TRUE)$/;
/** Who shows answers to people as they come. */
const READ_BY_PEOPLE = /^(curl|Wget|Mozilla\/5\.0)/;

function wantsPretty({ query, message }: Exchange): boolean {
  const value = query.get('pretty');
  return value ? TRUE.test(value) : READ_BY_PEOPLE.test(message.headers['user-agent'] ?? '');
}

function acceptsGzip(header: string | string[] | undefined): boolean {
  return header !== undefined && String(header).includes('gzip');
}

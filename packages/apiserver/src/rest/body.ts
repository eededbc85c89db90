import type { IncomingMessage } from 'node:http';
import { ApiError } from '@kubelab/api';
import { PROTOBUF_TYPE } from '../protobuf/envelope.js';
import type { Body } from '../registry/request.js';

export const MAX_BODY_BYTES = 3 * 1024 * 1024;

/**
 * Reads a body whole.
 * @throws ApiError RequestEntityTooLarge beyond 3 MiB, BadRequest when the client breaks off
 */
export async function readBody(message: IncomingMessage): Promise<Body> {
  const contentType = mediaType(message.headers['content-type']);
  const announced = Number(message.headers['content-length'] ?? 0);
  if (announced > MAX_BODY_BYTES) throw tooLarge();
  if (announced === 0 && message.headers['transfer-encoding'] === undefined)
    return { bytes: Buffer.alloc(0), contentType };
  return { bytes: await collect(message), contentType };
}

function collect(message: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    message.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) {
        message.pause();
        reject(tooLarge());
        return;
      }
      chunks.push(chunk);
    });
    message.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    message.once('error', (cause) =>
      reject(new ApiError('BadRequest', 'the request body could not be read', { cause })),
    );
    message.once('close', () => {
      if (!message.complete) reject(new ApiError('BadRequest', 'the client closed the connection within the body'));
    });
  });
}

function mediaType(header: string | undefined): string {
  if (header === undefined) return '';
  const end = header.indexOf(';');
  return (end < 0 ? header : header.slice(0, end)).trim().toLowerCase();
}

function tooLarge(): ApiError {
  return new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BODY_BYTES}`, { details: {} });
}

/** What bodies of objects may be. */
const OBJECT_TYPES = ['application/json', 'application/yaml', PROTOBUF_TYPE];

/** @throws ApiError UnsupportedMediaType for what is none of them; JSON where none is named. */
export function checkObjectType({ contentType }: Body): void {
  if (contentType === '' || OBJECT_TYPES.includes(contentType)) return;
  throw new ApiError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${OBJECT_TYPES.join(', ')}`,
    { details: {} },
  );
}

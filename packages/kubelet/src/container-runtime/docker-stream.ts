import type { OutputChunk } from './runtime.js';

const HEADER_BYTES = 8;

/**
 * Splits Docker's multiplexed stream into chunks: a header of one byte for the
 * stream, three of nothing, four for the length (big-endian), then the payload.
 * A payload that is still arriving is handed on as it comes, so memory stays bounded.
 */
export async function* demultiplex(source: AsyncIterable<Buffer>): AsyncGenerator<OutputChunk> {
  const header = Buffer.alloc(HEADER_BYTES);
  let headerBytes = 0;
  let stream: OutputChunk['stream'] = 'stdout';
  let remaining = 0;
  for await (const received of source) {
    let data = received;
    while (data.length > 0) {
      if (remaining > 0) {
        const payload = data.subarray(0, remaining);
        remaining -= payload.length;
        data = data.subarray(payload.length);
        yield { stream, data: payload };
        continue;
      }
      const copied = data.copy(header, headerBytes);
      headerBytes += copied;
      data = data.subarray(copied);
      if (headerBytes < HEADER_BYTES) continue;
      stream = header[0] === 2 ? 'stderr' : 'stdout';
      remaining = header.readUInt32BE(4);
      headerBytes = 0;
    }
  }
}

/** A terminal's stream has no headers: all of it is stdout. */
export async function* asStdout(source: AsyncIterable<Buffer>): AsyncGenerator<OutputChunk> {
  for await (const data of source) yield { stream: 'stdout', data };
}

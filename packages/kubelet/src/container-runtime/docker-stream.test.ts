import { describe, expect, it } from 'vitest';
import { demultiplex } from './docker-stream.js';

function frame(stream: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

async function* pieces(data: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < data.length; from += size) yield data.subarray(from, from + size);
}

describe('demultiplex', () => {
  const data = Buffer.concat([frame(1, 'out'), frame(2, 'error'), frame(1, ''), frame(1, ' and more')]);

  it.each([1, 2, 3, 7, 8, 9, 1000])('keeps the streams apart in chunks of %i bytes', async (size) => {
    const texts = { stdout: '', stderr: '' };
    for await (const chunk of demultiplex(pieces(data, size))) texts[chunk.stream] += chunk.data.toString('utf8');
    expect(texts).toEqual({ stdout: 'out and more', stderr: 'error' });
  });
});

import type { Writable } from 'node:stream';

/** Resolves once the stream has taken the data on its way; rejects when it never will. */
export function writeFully(stream: Writable, data: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(data, (error) => (error ? reject(error) : resolve()));
  });
}

/** Ends the stream after what was written. Resolves once that is on its way, or never will be. */
export function endFully(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableFinished) return resolve();
    stream.once('close', resolve);
    stream.end(resolve);
  });
}

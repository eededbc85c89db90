import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { KubeletCall } from './kubelet-call.js';

/** A call as grpc-js has it: its status comes when all messages have, read or not. */
function callOf(count: number, failure?: Error) {
  const stream = new Readable({ objectMode: true, read() {} });
  const call = new KubeletCall<number>(
    Object.assign(stream, { cancel: () => {} }) as unknown as ClientReadableStream<number>,
    new AbortController().signal,
  );
  for (let message = 0; message < count; message++) stream.push(message);
  stream.push(null);
  if (failure) stream.emit('error', failure);
  stream.emit('status', {});
  return call;
}

async function read(call: KubeletCall<number>): Promise<number[]> {
  // The reader comes later than all that there is to read.
  await nextTurn();
  const taken: number[] = [];
  for await (const message of call.messages()) taken.push(message);
  return taken;
}

test.each([0, 1, 7, 8, 9, 30])('%i messages that came before the end are read, however late', async (count) => {
  expect(await read(callOf(count))).toEqual([...Array(count).keys()]);
});

test('what came before a failure is read before it is told', async () => {
  const call = callOf(12, Object.assign(new Error('gone'), { code: 14, details: 'gone', metadata: { get: () => [] } }));
  const taken: number[] = [];
  await nextTurn();
  const reading = (async () => {
    for await (const message of call.messages()) taken.push(message);
  })();
  await expect(reading).rejects.toThrow('gone');
  expect(taken).toHaveLength(12);
});

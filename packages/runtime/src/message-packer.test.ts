import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { MessagePacker } from './message-packer.js';

function packer() {
  const written: string[][] = [];
  const packed = new MessagePacker<string>({
    write: (messages) => written.push([...messages]),
    sizeOf: (message) => message.length,
  });
  return { packed, written };
}

test('what is added in one turn is written together, in order', async () => {
  const { packed, written } = packer();
  packed.add('a');
  packed.add('b');
  await Promise.resolve();
  packed.add('c');
  expect(written).toEqual([]);
  await turn();
  packed.add('d');
  await turn();
  expect(written).toEqual([['a', 'b', 'c'], ['d']]);
});

test('what is full is written at once: 64 messages, or 64 KiB', async () => {
  const { packed, written } = packer();
  for (let count = 0; count < 65; count++) packed.add('x');
  expect(written.map(({ length }) => length)).toEqual([64]);
  packed.add('x'.repeat(65_536));
  expect(written.map(({ length }) => length)).toEqual([64, 2]);
  await turn();
  expect(written).toHaveLength(2);
});

test('can be flushed early', async () => {
  const { packed, written } = packer();
  packed.add('a');
  packed.flush();
  packed.flush();
  await turn();
  expect(written).toEqual([['a']]);
});

import { expect, test } from 'vitest';
import { terminalSizes } from './terminal-sizes.js';

async function sizesOf(...chunks: string[]) {
  const sizes: string[] = [];
  async function* source() {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  for await (const { width, height } of terminalSizes(source())) sizes.push(`${width}x${height}`);
  return sizes;
}

test.each([
  [['{"Width":80,"Height":24}'], ['80x24']],
  [['{"Width":80,"Height":24}\n{"Width":81,"Height":25}\n'], ['80x24', '81x25']],
  [['{"Wid', 'th":80,"Hei', 'ght":24}'], ['80x24']],
  [['nonsense', '{"Width":80,"Height":24}'], ['80x24']],
  [['{"Width":0,"Height":24}', '{"Width":"80","Height":24}', '{"Width":70000,"Height":1}', '{}', '}'], []],
  [['x'.repeat(5_000), '{"Width":80,"Height":24}'], ['80x24']],
])('%j', async (chunks, expected) => {
  expect(await sizesOf(...chunks)).toEqual(expected);
});

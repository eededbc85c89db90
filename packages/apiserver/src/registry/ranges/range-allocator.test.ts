import { describe, expect, test } from 'vitest';
import type { Storage } from '../../storage/storage.js';
import { parseIpRange } from './ip-range.js';
import { parsePortRange } from './port-range.js';
import { createRangeAllocator, RangeFull } from './range-allocator.js';

/** Compared writes, as etcd makes them; two allocators on it are two apiservers. */
function memory(): Storage & { read(): number[] } {
  let stored: { value: Buffer; version: string } | undefined;
  let revision = 0;
  return {
    read: () => (stored ? JSON.parse(stored.value.toString()).allocated : []),
    getRaw: async () => stored,
    async putRaw(_key: string, value: Buffer, expected: string) {
      if (expected !== (stored?.version ?? '')) return undefined;
      revision += 1;
      stored = { value, version: String(revision) };
      return stored.version;
    },
  } as unknown as Storage & { read(): number[] };
}

const range = parsePortRange('30000-30009');

test('two allocators share one range', async () => {
  const storage = memory();
  const [left, right] = [createRangeAllocator(storage, 'k', range), createRangeAllocator(storage, 'k', range)];
  const given = await Promise.all(Array.from({ length: 10 }, (_, i) => (i % 2 ? left : right).allocate()));
  expect([...given].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  await expect(left.allocate()).rejects.toBeInstanceOf(RangeFull);
  await right.release([3]);
  expect(await left.take(3)).toBe(true);
  expect(await right.take(3)).toBe(false);
});

test('one that fails does not fail those in the same write', async () => {
  const storage = memory();
  const allocator = createRangeAllocator(storage, 'k', { ...range, size: 1 });
  const results = await Promise.allSettled([allocator.allocate(), allocator.allocate(), allocator.take(0)]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(storage.read()).toEqual([0]);
});

test('dryRun takes nothing', async () => {
  const storage = memory();
  const allocator = createRangeAllocator(storage, 'k', range);
  await allocator.allocate({ dryRun: true });
  expect(await allocator.take(1, { dryRun: true })).toBe(true);
  expect(storage.read()).toEqual([]);
});

describe('repair', () => {
  test('takes what is in use at once, and releases what is unused the second time', async () => {
    const storage = memory();
    const allocator = createRangeAllocator(storage, 'k', range);
    await allocator.take(1);
    const used = async () => new Set([2]);
    await allocator.repair(used);
    expect(storage.read()).toEqual([1, 2]);
    await allocator.repair(used);
    expect(storage.read()).toEqual([2]);
  });

  test('keeps what is taken while it looks', async () => {
    const storage = memory();
    const allocator = createRangeAllocator(storage, 'k', range);
    for (let i = 0; i < 2; i += 1) {
      await allocator.repair(async () => {
        await allocator.take(i);
        return new Set();
      });
    }
    expect(storage.read()).toEqual([0, 1]);
  });
});

test.each([
  ['10.96.0.0/12', 1, '10.96.0.1'],
  ['10.96.0.0/12', 2 ** 20 - 2, '10.111.255.254'],
  ['192.168.1.77/28', 1, '192.168.1.65'],
])('%s counts its addresses: %d is %s', (cidr, offset, address) => {
  const ips = parseIpRange(cidr);
  expect(ips.addressOf(offset)).toBe(address);
  expect(ips.offsetOf(address)).toBe(offset);
});

test('what is outside or not to be given out has no offset', () => {
  const ips = parseIpRange('10.96.0.0/28');
  for (const address of ['10.96.0.0', '10.96.0.15', '10.96.0.16', '10.95.255.255', 'x', '::1', '']) {
    expect(ips.offsetOf(address)).toBeUndefined();
  }
});

test.each(['', '10.96.0.0', '10.96.0.0/8', '10.96.0.0/31', '::/64', 'a/12'])(
  '"%s" is no range of addresses',
  (text) => {
    expect(() => parseIpRange(text)).toThrow(RangeError);
  },
);

test.each(['', '1', '2-1', '0-5', '1-65536', 'a-b'])('"%s" is no range of ports', (text) => {
  expect(() => parsePortRange(text)).toThrow(RangeError);
});

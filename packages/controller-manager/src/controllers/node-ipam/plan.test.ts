import { describe, expect, test } from 'vitest';
import { type Cidr, CidrPool, formatCidr, parseCidr } from './plan.js';

describe('a CIDR', () => {
  test.each([
    ['10.244.0.0/16', '10.244.0.0/16'],
    ['10.244.7.9/16', '10.244.0.0/16'],
    ['255.255.255.255/32', '255.255.255.255/32'],
    ['1.2.3.4/0', '0.0.0.0/0'],
    ['192.168.3.130/25', '192.168.3.128/25'],
  ])('%s is read as %s', (text, block) => expect(formatCidr(parseCidr(text))).toBe(block));

  test.each(['', '10.0.0.0', '10.0.0/8', '10.0.0.256/8', '10.0.0.0/33', 'fd00::/64', '10.0.0.0/8 ', '10.0.0.0/-1'])(
    '%j is none',
    (text) => expect(() => parseCidr(text)).toThrow('is not an IPv4 CIDR'),
  );
});

describe('the pool', () => {
  const pool = (cluster: string, length: number) => new CidrPool(parseCidr(cluster), length);
  /** Takes the next for a node; its text. */
  const take = (from: CidrPool, name: string): string | undefined => {
    const free = from.nextFree();
    if (free) from.hold(name, [free]);
    return free && formatCidr(free);
  };
  const cidrs = (...texts: string[]): Cidr[] => texts.map(parseCidr);

  test('gives each node another, until none is left', () => {
    const small = pool('10.0.0.0/22', 24);
    const taken = ['a', 'b', 'c', 'd', 'e'].map((name) => take(small, name));
    expect(taken).toEqual(['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24', '10.0.3.0/24', undefined]);
    small.release('b');
    expect(take(small, 'e')).toBe('10.0.1.0/24');
    expect(take(small, 'f')).toBeUndefined();
  });

  test('lets one that came back rest while there are others', () => {
    const one = pool('10.0.0.0/22', 24);
    take(one, 'a');
    one.release('a');
    expect(take(one, 'b')).toBe('10.0.1.0/24');
  });

  test('is exactly the cluster’s range', () => {
    expect(take(pool('10.0.0.0/24', 24), 'a')).toBe('10.0.0.0/24');
    const whole = pool('10.244.0.0/16', 24);
    const all = Array.from({ length: 257 }, (_, index) => take(whole, `n${index}`));
    expect(new Set(all.slice(0, 256)).size).toBe(256);
    expect(all.slice(-2)).toEqual(['10.244.255.0/24', undefined]);
  });

  test.each([
    ['a block that is used', ['10.0.0.0/24'], '10.0.1.0/24'],
    ['one that is used in part', ['10.0.0.128/25'], '10.0.1.0/24'],
    ['all that a larger one covers', ['10.0.0.0/23'], '10.0.2.0/24'],
    ['all that one larger than the cluster covers', ['10.0.0.0/8'], undefined],
    ['nothing for one outside', ['10.1.0.0/24', '192.168.0.0/16', '9.255.255.0/24'], '10.0.0.0/24'],
  ])('leaves out %s', (_, held, expected) => {
    const used = pool('10.0.0.0/22', 24);
    used.hold('other', cidrs(...held));
    expect(take(used, 'a')).toBe(expected);
  });

  test('frees a block that two had only when both are gone', () => {
    const shared = pool('10.0.0.0/24', 24);
    shared.hold('a', cidrs('10.0.0.0/24'));
    shared.hold('b', cidrs('10.0.0.0/24'));
    shared.release('a');
    expect(shared.nextFree()).toBeUndefined();
    shared.release('b');
    expect(shared.nextFree()).toBeDefined();
  });

  test('knows what a node has now, not what it had', () => {
    const moved = pool('10.0.0.0/23', 24);
    moved.hold('a', cidrs('10.0.0.0/24'));
    moved.hold('a', cidrs('10.0.1.0/24'));
    expect(moved.heldBy('a').map(formatCidr)).toEqual(['10.0.1.0/24']);
    expect(take(moved, 'b')).toBe('10.0.0.0/24');
    moved.hold('a', []);
    moved.release('never');
    expect(moved.heldBy('a')).toEqual([]);
  });

  test.each([
    ['10.0.0.0/24', 23],
    ['10.0.0.0/24', 33],
    ['10.0.0.0/24', Number.NaN],
  ])('is refused where no share fits: %s in /%s', (cluster, length) => {
    expect(() => pool(cluster, length)).toThrow('does not fit into 10.0.0.0/24');
  });

  test('is quick with thousands of nodes', () => {
    const large = pool('10.0.0.0/8', 24);
    const startedMs = performance.now();
    for (let index = 0; index < 20_000; index += 1) take(large, `n${index}`);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });
});

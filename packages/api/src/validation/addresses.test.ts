import { describe, expect, it } from 'vitest';
import {
  canonicalAddress,
  canonicalCidr,
  checkCanonicalIp,
  cidrWarnings,
  isStrictSubset,
  parseCidr,
} from './addresses.js';

describe('addresses in their one spelling', () => {
  it.each([
    ['10.0.0.1', []],
    ['2001:db8::1', []],
    ['2001:DB8::1', ['must be in canonical form ("2001:db8::1")']],
    ['2001:db8:0:0::1', ['must be in canonical form ("2001:db8::1")']],
    ['010.0.0.1', ['must not have leading 0s']],
    ['::ffff:10.0.0.1', ['must not be an IPv4-mapped IPv6 address']],
    ['10.0.0', ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']],
    ['', ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']],
  ])('%s', (address, problems) => {
    expect(checkCanonicalIp(address)).toEqual(problems);
  });

  it.each([
    ['10.0.0.0/8', undefined],
    ['2001:db8::/64', undefined],
    ['0.0.0.0/0', undefined],
    ['10.0.0.1/8', 'must not have bits set beyond the prefix length'],
    ['10.0.0.0/08', 'must not have leading 0s in IP or prefix length'],
    ['2001:db8:0::/64', 'must be in canonical form ("2001:db8::/64")'],
    ['10.0.0.0/33', 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'],
    ['10.0.0.0', 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'],
  ])('%s', (range, problem) => {
    expect(canonicalCidr('f', range).map(({ message }) => message)).toEqual(
      problem === undefined ? [] : [`Invalid value: "${range}": ${problem}`],
    );
  });

  it('writes IPv6 as RFC 5952 does', () => {
    expect(canonicalAddress('2001:0db8:0:0:1:0:0:1')).toBe('2001:db8::1:0:0:1');
  });
});

it.each([
  ['10.1.0.0/16', '10.0.0.0/8', true],
  ['10.0.0.0/8', '10.0.0.0/8', false],
  ['11.0.0.0/16', '10.0.0.0/8', false],
  ['2001:db8:1::/48', '2001:db8::/32', true],
  ['2001:db8::/64', '10.0.0.0/8', false],
])('%s in %s: %s', (inner, outer, expected) => {
  const [a, b] = [parseCidr(inner), parseCidr(outer)];
  expect(a && b && isStrictSubset(a, b)).toBe(expected);
});

it.each([
  ['10.0.0.0/8', []],
  [
    '192.168.1.5/24',
    ['f: CIDR value "192.168.1.5/24" is ambiguous in this context (should be "192.168.1.0/24" or "192.168.1.5/32"?)'],
  ],
  ['2001:DB8::/64', ['f: IPv6 CIDR value "2001:DB8::/64" should be in RFC 5952 canonical format ("2001:db8::/64")']],
])('warns of %s', (range, warnings) => {
  expect(cidrWarnings('f', range)).toEqual(warnings);
});

import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import type { FieldError } from '../errors.js';
import { invalidEach, invalidValue } from './field-error.js';

/**
 * Rules for the addresses of newer APIs, which take each address in one
 * spelling only (KEP-4858). Older fields take what `values.ts` takes.
 */
const NO_ADDRESS = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const NO_CIDR = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

/** What is wrong with an address that must be in its one spelling. */
export function checkCanonicalIp(value: string): string[] {
  if (isIP(value) === 0) return [isIP(withoutLeadingZeros(value)) === 0 ? NO_ADDRESS : 'must not have leading 0s'];
  if (isMapped(value)) return ['must not be an IPv4-mapped IPv6 address'];
  const canonical = canonicalAddress(value);
  return value === canonical ? [] : [`must be in canonical form ("${canonical}")`];
}

/** A range in its one spelling: no bits beyond its length. */
export function canonicalCidr(path: string, value: string): FieldError[] {
  return invalidEach(path, value, checkCanonicalCidr(value));
}

function checkCanonicalCidr(value: string): string[] {
  const range = parseCidr(value);
  if (range === undefined) {
    const relaxed = parseCidr(withoutLeadingZeros(value));
    return [relaxed === undefined ? NO_CIDR : 'must not have leading 0s in IP or prefix length'];
  }
  if (isMapped(range.address)) return ['must not have an IPv4-mapped IPv6 address'];
  const canonical = canonicalCidrText(range);
  if (networkOf(range) !== canonicalAddress(range.address)) return ['must not have bits set beyond the prefix length'];
  return value === canonical ? [] : [`must be in canonical form ("${canonical}")`];
}

export interface CidrRange {
  readonly address: string;
  readonly length: number;
}

/** Undefined for a text that is no range. */
export function parseCidr(value: string): CidrRange | undefined {
  const [address = '', length = '', ...rest] = value.split('/');
  const version = isIP(address);
  const isRange = version !== 0 && rest.length === 0 && /^(0|[1-9]\d{0,2})$/.test(length);
  if (!isRange || Number(length) > (version === 4 ? 32 : 128)) return undefined;
  return { address, length: Number(length) };
}

/** Whether all of `inner` lies in `outer`, and is less than it. */
export function isStrictSubset(inner: CidrRange, outer: CidrRange): boolean {
  if (isIPv4(inner.address) !== isIPv4(outer.address) || inner.length <= outer.length) return false;
  const list = new BlockList();
  const family = isIPv4(outer.address) ? 'ipv4' : 'ipv6';
  list.addSubnet(outer.address, outer.length, family);
  return list.check(inner.address, family);
}

/** What Kubernetes warns of: a range that names an address inside it, or an unusual spelling. */
export function cidrWarnings(path: string, value: string): string[] {
  const range = parseCidr(value);
  if (range === undefined) return [];
  const network = networkOf(range);
  const canonical = `${network}/${range.length}`;
  if (network !== canonicalAddress(range.address)) {
    const one = `${canonicalAddress(range.address)}/${isIPv4(range.address) ? 32 : 128}`;
    return [`${path}: CIDR value "${value}" is ambiguous in this context (should be "${canonical}" or "${one}"?)`];
  }
  if (value === canonical || !isIPv6(range.address)) return [];
  return [`${path}: IPv6 CIDR value "${value}" should be in RFC 5952 canonical format ("${canonical}")`];
}

export function isSameFamily(a: CidrRange, b: CidrRange): boolean {
  return isIPv4(a.address) === isIPv4(b.address);
}

/** A host name that is an address is refused where a name is wanted. */
export function noAddress(path: string, host: string): FieldError[] {
  return isIP(host) === 0 ? [] : [invalidValue(path, host, 'must be a DNS name, not an IP address')];
}

function canonicalCidrText(range: CidrRange): string {
  return `${networkOf(range)}/${range.length}`;
}

/** RFC 5952, as the URL standard writes a host. */
export function canonicalAddress(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}

function networkOf({ address, length }: CidrRange): string {
  const isV4 = isIPv4(address);
  const bits = isV4 ? 32 : 128;
  const shift = BigInt(bits - length);
  const masked = (toNumber(address) >> shift) << shift;
  return isV4 ? fromNumber(masked, 4, 8, 10).join('.') : canonicalAddress(fromNumber(masked, 8, 16, 16).join(':'));
}

function toNumber(address: string): bigint {
  if (isIPv4(address)) return address.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
  const [head = '', tail] = canonicalAddress(address).split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

function fromNumber(value: bigint, count: number, bits: number, radix: number): string[] {
  const mask = (1n << BigInt(bits)) - 1n;
  return Array.from({ length: count }, (_, i) => ((value >> BigInt(bits * (count - 1 - i))) & mask).toString(radix));
}

function isMapped(address: string): boolean {
  return isIPv6(address) && toNumber(address) >> 32n === 0xffffn;
}

function withoutLeadingZeros(value: string): string {
  return value.replace(/(^|[./])0+(?=\d)/g, '$1');
}

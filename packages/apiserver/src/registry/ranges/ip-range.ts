import { isIPv4 } from 'node:net';
import type { NumberRange } from './pick-number.js';

/** The addresses of a network, counted from its own. */
export interface IpRange extends NumberRange {
  addressOf(offset: number): string;
  /** Undefined for what is no address of the range that may be given out. */
  offsetOf(address: string): number | undefined;
}

const MIN_PREFIX = 12;
const MAX_PREFIX = 30;

/** Reads `10.96.0.0/12`. @throws RangeError unless it is an IPv4 network of /12 to /30 */
export function parseIpRange(cidr: string): IpRange {
  const prefix = Number(cidr.split('/')[1]);
  const range = ipRangeOf(cidr);
  if (range === undefined || prefix < MIN_PREFIX || prefix > MAX_PREFIX) {
    throw new RangeError(`"${cidr}" is not an IPv4 network between /${MIN_PREFIX} and /${MAX_PREFIX}`);
  }
  return range;
}

/** An IPv4 network of any size, neither its first nor its last address given out; undefined for anything else. */
export function ipRangeOf(cidr: string): IpRange | undefined {
  const [address = '', bits = ''] = cidr.split('/');
  const prefix = Number(bits);
  if (!isIPv4(address) || !/^\d{1,2}$/.test(bits) || prefix > 32) return undefined;
  const size = 2 ** (32 - prefix);
  const base = Math.floor(toNumber(address) / size) * size;
  return {
    text: `${toAddress(base)}/${prefix}`,
    size,
    reserved: Math.min(Math.max(16, size / 16), 256, size),
    excluded: [0, size - 1],
    addressOf: (offset) => toAddress(base + offset),
    offsetOf(text) {
      if (!isIPv4(text)) return undefined;
      const offset = toNumber(text) - base;
      return offset > 0 && offset < size - 1 ? offset : undefined;
    },
  };
}

function toNumber(address: string): number {
  return address.split('.').reduce((number, part) => number * 256 + Number(part), 0);
}

function toAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}

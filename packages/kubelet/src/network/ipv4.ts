/** An IPv4 range in numbers. */
export interface Ipv4Range {
  readonly base: number;
  readonly prefixLength: number;
}

/** Reads `10.244.1.0/24`; host bits are cleared. Undefined for anything else, IPv6 included. */
export function parseIpv4Range(text: string): Ipv4Range | undefined {
  const [address = '', length = '', ...rest] = text.split('/');
  const base = parseIpv4(address);
  const prefixLength = Number(length);
  if (base === undefined || rest.length > 0 || !/^\d{1,2}$/.test(length) || prefixLength > 32) return undefined;
  return { base: (base & maskOf(prefixLength)) >>> 0, prefixLength };
}

export function parseIpv4(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  const bytes = match?.slice(1).map(Number);
  if (!bytes || bytes.some((byte) => byte > 255)) return undefined;
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

export function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

export function rangeContains({ base, prefixLength }: Ipv4Range, address: number): boolean {
  return (address & maskOf(prefixLength)) >>> 0 === base;
}

function maskOf(prefixLength: number): number {
  return prefixLength === 0 ? 0 : (0xffffffff << (32 - prefixLength)) >>> 0;
}

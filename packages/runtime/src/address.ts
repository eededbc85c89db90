/**
 * Splits `HOST:PORT`, `[IPv6]:PORT` or `:PORT` (every address of the machine).
 * Throws a RangeError that quotes what it was given.
 */
export function parseHostPort(address: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.%a-z]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) throw new RangeError(`invalid address "${address}": expected HOST:PORT`);
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port };
}

/** The inverse: puts an IPv6 address into brackets. */
export function formatHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

import type { NumberRange } from './pick-number.js';

export interface PortRange extends NumberRange {
  portOf(offset: number): number;
  /** Undefined for a port outside. */
  offsetOf(port: number): number | undefined;
}

/** Reads `30000-32767`, both ends included. @throws RangeError */
export function parsePortRange(text: string): PortRange {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(text);
  const first = Number(match?.[1]);
  const last = Number(match?.[2]);
  if (!match || first < 1 || last > 65_535 || first > last) {
    throw new RangeError(`"${text}" is not a range of ports: expected FIRST-LAST`);
  }
  const size = last - first + 1;
  return {
    text,
    size,
    reserved: Math.min(Math.max(16, Math.floor(size / 32)), 128, size),
    excluded: [],
    portOf: (offset) => first + offset,
    offsetOf: (port) => (port >= first && port <= last ? port - first : undefined),
  };
}

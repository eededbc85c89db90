import { goValueName } from './go-types.js';

/** Where a value of the wrong type is: the Go struct, and the names of the fields down to it. */
export interface MismatchPlace {
  readonly struct: string;
  readonly fields: readonly string[];
  /** The number is of the right kind but does not fit. */
  readonly showNumber: boolean;
}

/** How a value that cannot become a `goType` is told. */
export type MismatchText = (value: unknown, goType: string, place: MismatchPlace) => string;

/** As Go's JSON decoder says it. */
export const decodingMismatch: MismatchText = (value, goType, { struct, fields, showNumber }) => {
  const what = `json: cannot unmarshal ${goValueName(value, showNumber)} into Go`;
  return struct === ''
    ? `${what} value of type ${goType}`
    : `${what} struct field ${struct}.${fields.join('.')} of type ${goType}`;
};

/**
 * As apimachinery says it, which a strategic merge patch goes through: it makes
 * an object of maps without writing them as JSON, and does not say where.
 */
export const conversionMismatch: MismatchText = (value, goType) => {
  const from = goKind(value);
  if (goType.startsWith('map[')) return `cannot restore map from ${from}`;
  if (goType.startsWith('[]')) return `cannot restore slice from ${from}`;
  if (!SCALARS.has(goType)) return `cannot restore struct from: ${from}`;
  const isConvertible = typeof value === 'number' && goType !== 'bool' && (goType !== 'string' || from === 'int64');
  return isConvertible ? `cannot convert ${from} to ${goType}` : `unrecognized type: ${goType}`;
};

const SCALARS = new Set(['string', 'bool', 'int32', 'int64', 'float64']);

function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'slice';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'object' ? 'map' : typeof value;
}

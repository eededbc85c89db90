import type { Quantity } from '../generated/types.js';

/** How a quantity is written: `k M G`, `Ki Mi Gi`, or `e3`. */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

/** An exact amount. The smallest part that Kubernetes keeps is a billionth. */
export interface ParsedQuantity {
  /** The amount in billionths. */
  readonly nano: bigint;
  readonly format: QuantityFormat;
}

const NANO = 1_000_000_000n;
const MAX_NANO = ((1n << 63n) - 1n) * NANO;
const DECIMAL_EXPONENTS: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const BINARY_EXPONENTS: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };
const DECIMAL_SUFFIXES = new Map(Object.entries(DECIMAL_EXPONENTS).map(([suffix, exponent]) => [exponent, suffix]));
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** Why a text is no quantity, in Kubernetes' words. */
export class QuantityError extends Error {
  override readonly name = 'QuantityError';
}

/**
 * Reads `100m`, `1.5Gi`, `2e3`. What is finer than a billionth is rounded
 * away from zero, what is larger than 2^63-1 is cut to it.
 * @throws QuantityError
 */
export function parseQuantity(text: Quantity | number): ParsedQuantity {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*(?:[+-]?\d*))$/.exec(String(text));
  if (text === '' || match === null) {
    throw new QuantityError(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  }
  const [, sign = '', whole = '', fraction = '', suffix = ''] = match;
  const { format, exponent, factor } = readSuffix(suffix);
  if (whole === '' && fraction === '') throw new QuantityError('unable to parse numeric part of quantity');
  // The amount is digits * 10^scale * factor; in billionths, scale + 9.
  const digits = BigInt(whole + fraction) * factor;
  const scale = exponent - fraction.length + 9;
  const magnitude = scale >= 0 ? digits * powerOfTen(Math.min(scale, 64)) : divideUp(digits, powerOfTen(-scale));
  const limited = magnitude > MAX_NANO ? MAX_NANO : magnitude;
  return { nano: sign === '-' ? -limited : limited, format };
}

function readSuffix(suffix: string): { format: QuantityFormat; exponent: number; factor: bigint } {
  const decimal = Object.hasOwn(DECIMAL_EXPONENTS, suffix) ? DECIMAL_EXPONENTS[suffix] : undefined;
  if (decimal !== undefined) return { format: 'DecimalSI', exponent: decimal, factor: 1n };
  const binary = Object.hasOwn(BINARY_EXPONENTS, suffix) ? BINARY_EXPONENTS[suffix] : undefined;
  if (binary !== undefined) return { format: 'BinarySI', exponent: 0, factor: 1n << BigInt(binary) };
  const exponent = /^[eE]([+-]?\d+)$/.exec(suffix)?.[1];
  if (exponent === undefined) throw new QuantityError("unable to parse quantity's suffix");
  return { format: 'DecimalExponent', exponent: Number(exponent), factor: 1n };
}

/** The one way to write an amount: the largest suffix that needs no fraction. */
export function formatQuantity({ nano, format }: ParsedQuantity): Quantity {
  if (nano === 0n) return '0';
  const isSmall = nano > -1024n * NANO && nano < 1024n * NANO;
  return format === 'BinarySI' && !isSmall ? formatBinary(nano) : formatDecimal(nano, format);
}

function formatBinary(nano: bigint): Quantity {
  let mantissa = roundUp(nano, NANO) / NANO;
  let step = 0;
  while (step < BINARY_SUFFIXES.length - 1 && mantissa % 1024n === 0n) {
    mantissa /= 1024n;
    step++;
  }
  return `${mantissa}${BINARY_SUFFIXES[step]}`;
}

function formatDecimal(nano: bigint, format: QuantityFormat): Quantity {
  let mantissa = nano;
  let exponent = -9;
  while (exponent < 18 && mantissa % 1000n === 0n) {
    mantissa /= 1000n;
    exponent += 3;
  }
  if (format === 'DecimalExponent') return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`;
  return `${mantissa}${DECIMAL_SUFFIXES.get(exponent) ?? ''}`;
}

/** A quantity as the apiserver returns it: `0.5` is `500m`, `1024Mi` is `1Gi`. */
export function canonicalQuantity(text: Quantity | number): Quantity {
  return formatQuantity(parseQuantity(text));
}

/** Below, at or above 0 as `a` is less than, equal to or more than `b`. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  const difference = parseQuantity(a).nano - parseQuantity(b).nano;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The sum, in the format of `a` unless that is zero. */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return formatQuantity(addParsed(parseQuantity(a), parseQuantity(b)));
}

export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  const { nano, format } = parseQuantity(b);
  return formatQuantity(addParsed(parseQuantity(a), { nano: -nano, format }));
}

export function addParsed(a: ParsedQuantity, b: ParsedQuantity): ParsedQuantity {
  return { nano: a.nano + b.nano, format: a.nano === 0n ? b.format : a.format };
}

/** Whole units, rounded up. Exact to 2^53. */
export function quantityValue(text: Quantity): number {
  return Number(roundUp(parseQuantity(text).nano, NANO) / NANO);
}

/** Thousandths, rounded up: `1.5` is 1500. Exact to 2^53. */
export function quantityMilliValue(text: Quantity): number {
  return Number(roundUp(parseQuantity(text).nano, 1_000_000n) / 1_000_000n);
}

/** Thousandths as a quantity: 1500 is `1500m`. */
export function quantityFromMilli(milli: number): Quantity {
  return formatQuantity({ nano: BigInt(milli) * 1_000_000n, format: 'DecimalSI' });
}

/** Resources are kept to a thousandth, finer ones rounded up. */
export function roundUpToMilli(quantity: ParsedQuantity): ParsedQuantity {
  return { ...quantity, nano: roundUp(quantity.nano, 1_000_000n) };
}

/** Away from zero, to a multiple of `unit`. */
function roundUp(nano: bigint, unit: bigint): bigint {
  const rest = nano % unit;
  if (rest === 0n) return nano;
  return nano > 0n ? nano - rest + unit : nano - rest - unit;
}

function divideUp(value: bigint, divisor: bigint): bigint {
  return (value + divisor - 1n) / divisor;
}

function powerOfTen(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}

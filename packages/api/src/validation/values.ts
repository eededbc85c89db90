import { isIP, isIPv4 } from 'node:net';
import type { FieldError } from '../errors.js';
import type { IntOrString } from '../generated/types.js';
import { forbidden, invalidEach, invalidValue, notSupported, required } from './field-error.js';
import { checkPercent, checkPortName, checkPortNumber, rangeText } from './names.js';
import { semanticEqual } from './semantic-equal.js';

export const MAX_INT32 = 2_147_483_647;
/** Of a container's, a Service's and an endpoint's port. */
export const PROTOCOLS: readonly string[] = ['SCTP', 'TCP', 'UDP'];
const NOT_NEGATIVE = 'must be greater than or equal to 0';

/** Nothing for a missing value. */
export function nonNegative(path: string, value: number | undefined): FieldError[] {
  return value !== undefined && value < 0 ? [invalidValue(path, value, NOT_NEGATIVE)] : [];
}

export function immutableField(path: string, value: unknown, old: unknown): FieldError[] {
  return semanticEqual(value, old) ? [] : [invalidValue(path, value, 'field is immutable')];
}

/** One of a fixed set; a missing or empty value is required. */
export function oneOf(path: string, value: string | undefined, supported: readonly string[]): FieldError[] {
  if (value === undefined || value === '') return [required(path)];
  return supported.includes(value) ? [] : [notSupported(path, value, supported)];
}

/** As {@link oneOf}, for a field that may be left out. */
export function optionalOneOf(path: string, value: string | undefined, supported: readonly string[]): FieldError[] {
  return value === undefined || supported.includes(value) ? [] : [notSupported(path, value, supported)];
}

export function requiredText(path: string, value: string | undefined): FieldError[] {
  return value === undefined || value === '' ? [required(path)] : [];
}

export function ipAddress(path: string, value: string | undefined): FieldError[] {
  const text = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
  return isIP(value ?? '') === 0 ? [invalidValue(path, value ?? '', text)] : [];
}

export function cidr(path: string, value: string): FieldError[] {
  return isCidr(value)
    ? []
    : [invalidValue(path, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')];
}

function isCidr(value: string): boolean {
  const [address = '', length = '', ...rest] = value.split('/');
  const version = isIP(address);
  return version !== 0 && rest.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= (version === 4 ? 32 : 128);
}

/** Addresses at which no endpoint of a Service may be. */
export function nonSpecialIp(path: string, value: string): FieldError[] {
  const problem = specialAddressProblem(value);
  return problem === undefined ? [] : [invalidValue(path, value, problem)];
}

function specialAddressProblem(value: string): string | undefined {
  if (/^(0\.0\.0\.0|::)$/.test(value)) return `may not be unspecified (${value})`;
  if (value === '::1' || (isIPv4(value) && value.startsWith('127.'))) {
    return 'may not be in the loopback range (127.0.0.0/8, ::1/128)';
  }
  if (/^169\.254\./.test(value) || /^fe[89ab][0-9a-f]:/i.test(value)) {
    return 'may not be in the link-local range (169.254.0.0/16, fe80::/10)';
  }
  if (/^224\.0\.0\./.test(value) || /^ff[0-9a-f]2:/i.test(value)) {
    return 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)';
  }
  return undefined;
}

/** A number, or the name of a port. */
export function portNumberOrName(path: string, port: IntOrString | undefined): FieldError[] {
  if (port === undefined) return invalidEach(path, 0, checkPortNumber(0));
  return typeof port === 'number'
    ? invalidEach(path, port, checkPortNumber(port))
    : invalidEach(path, port, checkPortName(port));
}

export function fileMode(path: string, mode: number | undefined): FieldError[] {
  const isMode = mode === undefined || (mode >= 0 && mode <= 0o777);
  return isMode ? [] : [invalidValue(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive')];
}

/** A user or group id. */
export function accountId(path: string, id: number | undefined): FieldError[] {
  const isId = id === undefined || (id >= 0 && id <= MAX_INT32);
  return isId ? [] : [invalidValue(path, id, rangeText(0, MAX_INT32))];
}

/** `5` or `25%`; at least 0. */
export function intOrPercent(path: string, value: IntOrString | undefined): FieldError[] {
  if (typeof value === 'string') return invalidEach(path, value, checkPercent(value));
  return nonNegative(path, value);
}

/** A path inside a volume: relative, and never upwards. */
export function descendingPath(path: string, value: string): FieldError[] {
  const errors = value.startsWith('/') ? [invalidValue(path, value, 'must be a relative path')] : [];
  return [...errors, ...noBacksteps(path, value)];
}

export function noBacksteps(path: string, value: string): FieldError[] {
  return value.split('/').includes('..') ? [invalidValue(path, value, "must not contain '..'")] : [];
}

/** As {@link descendingPath}; names that begin with two dots are the kubelet's own. */
export function projectedPath(path: string, value: string): FieldError[] {
  const errors = descendingPath(path, value);
  if (value.startsWith('..') && !value.startsWith('../') && value !== '..') {
    errors.push(invalidValue(path, value, "must not start with '..'"));
  }
  return errors;
}

/** Immutability that a ConfigMap or Secret has asked for. */
export function immutableOnceSet(path: string, value: unknown, old: unknown): FieldError[] {
  return semanticEqual(value, old) ? [] : [forbidden(path, 'field is immutable when `immutable` is set')];
}

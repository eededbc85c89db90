import type { DeepReadonly } from './object.js';
import { setOwn } from './set-own.js';

/**
 * Copies a JSON value all the way down. About five times as fast as
 * structuredClone; anything but plain objects, arrays and primitives is not
 * JSON and must not be given. To copy what a cache handed out, name the type:
 * `deepClone<Pod>(cached)`.
 */
export function deepClone<T>(value: T | DeepReadonly<T>): T {
  return cloneValue(value) as T;
}

function cloneValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const copy = new Array<unknown>(value.length);
    for (let i = 0; i < value.length; i++) copy[i] = cloneValue(value[i]);
    return copy;
  }
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) setOwn(copy, key, cloneValue((value as Record<string, unknown>)[key]));
  return copy;
}

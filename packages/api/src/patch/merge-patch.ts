import { isObject } from '../decode/convert-value.js';
import { deepClone } from '../deep-clone.js';
import { setOwn } from '../set-own.js';

/** RFC 7386. Neither argument is changed and the result shares nothing with them. */
export function mergePatch(original: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return deepClone(patch);
  const base = isObject(original) ? original : {};
  const merged: Record<string, unknown> = {};
  for (const key of Object.keys(base)) {
    if (!Object.hasOwn(patch, key)) setOwn(merged, key, deepClone(base[key]));
    else if (patch[key] !== null) setOwn(merged, key, mergePatch(base[key], patch[key]));
  }
  for (const key of Object.keys(patch)) {
    if (!Object.hasOwn(base, key) && patch[key] !== null) setOwn(merged, key, mergePatch(undefined, patch[key]));
  }
  return merged;
}

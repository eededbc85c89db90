import { isObject } from '../decode/convert-value.js';
import { ApiError } from '../errors.js';
import { setOwn } from '../set-own.js';

export const PATCH_DIRECTIVE = '$patch';
export const RETAIN_KEYS_DIRECTIVE = '$retainKeys';
export const SET_ORDER_PREFIX = '$setElementOrder/';
export const DELETE_FROM_LIST_PREFIX = '$deleteFromPrimitiveList/';

export type Directive = 'replace' | 'delete' | 'merge';

/** @throws ApiError BadRequest for a `$patch` of another value */
export function checkDirective(directive: unknown, patch: unknown): Directive {
  if (directive === 'replace' || directive === 'delete' || directive === 'merge') return directive;
  throw badPatch(`unknown patch type: ${String(directive)} in map: ${JSON.stringify(patch)}`);
}

/** Kubernetes answers some of these with 500; they are the client's mistakes all the same. */
export function badPatch(message: string): ApiError {
  return new ApiError('BadRequest', message);
}

/**
 * A part of a patch that has no counterpart in the original, as it is stored:
 * without directives and nulls. A part that asks for its own deletion becomes
 * undefined, and is left out of what contains it.
 */
export function dropDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(dropDirectives).filter((element) => element !== undefined);
  if (!isObject(value)) return value;
  if (value[PATCH_DIRECTIVE] === 'delete') return undefined;
  const kept: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) {
    if (field === null || isDirective(key)) continue;
    const cleaned = dropDirectives(field);
    if (cleaned !== undefined) setOwn(kept, key, cleaned);
  }
  return kept;
}

function isDirective(key: string): boolean {
  return (
    key === PATCH_DIRECTIVE ||
    key === RETAIN_KEYS_DIRECTIVE ||
    key.startsWith(SET_ORDER_PREFIX) ||
    key.startsWith(DELETE_FROM_LIST_PREFIX)
  );
}

import { isObject } from '../decode/convert-value.js';
import { type FieldValidation, textOf } from '../decode/decode-object.js';
import { goValueName } from '../decode/go-types.js';
import { isNestedTooDeep } from '../decode/nesting.js';
import { DocumentSyntaxError, parseJson } from '../decode/parse-json.js';
import { ApiError } from '../errors.js';

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

/** By the content type of a PATCH request, without its parameters. */
export const PATCH_TYPES: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

/** RFC 6902, as far as it can be told before it is applied. */
export interface JsonPatchOperation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

export type ParsedPatch =
  | { readonly type: 'json'; readonly operations: readonly JsonPatchOperation[]; readonly patchErrors: string[] }
  | {
      readonly type: 'merge' | 'strategic';
      readonly patch: Readonly<Record<string, unknown>>;
      readonly patchErrors: string[];
    };

/**
 * Reads the body of a PATCH request. `patchErrors` are its duplicate fields,
 * for `decodePatched`; with `Ignore` they are not looked for.
 * @throws ApiError BadRequest
 */
export function parsePatch(
  type: Exclude<PatchType, 'apply'>,
  body: Uint8Array | string,
  options: { fieldValidation: FieldValidation },
): ParsedPatch {
  const { value, strictErrors } = parseText(type, body, options.fieldValidation !== 'Ignore');
  if (isNestedTooDeep(value)) throw malformed(type, 'exceeded max depth');
  if (type === 'json') {
    if (!Array.isArray(value)) throw malformed(type, wrongType(value, '[]interface {}'));
    return { type, operations: value.map(parseOperation), patchErrors: strictErrors };
  }
  if (!isObject(value)) throw malformed(type, wrongType(value, 'map[string]interface {}'));
  return { type, patch: value, patchErrors: strictErrors };
}

function parseText(type: PatchType, body: Uint8Array | string, findDuplicates: boolean) {
  try {
    return parseJson(textOf(body), { findDuplicates });
  } catch (error) {
    if (error instanceof DocumentSyntaxError) throw malformed(type, error.message);
    throw error;
  }
}

function parseOperation(operation: unknown): JsonPatchOperation {
  if (!isObject(operation)) throw malformed('json', wrongType(operation, 'jsonpatch.Operation'));
  for (const field of ['op', 'path', 'from']) {
    const value = operation[field];
    if (typeof value !== 'string' && (field !== 'from' || value !== undefined)) {
      throw malformed('json', `operation without a valid "${field}"`);
    }
  }
  return operation as unknown as JsonPatchOperation;
}

function wrongType(value: unknown, goType: string): string {
  return `json: cannot unmarshal ${value === null ? 'null' : goValueName(value)} into Go value of type ${goType}`;
}

function malformed(type: PatchType, why: string): ApiError {
  return new ApiError('BadRequest', type === 'strategic' ? why : `error decoding patch: ${why}`);
}

import { ApiError, invalid } from '../errors.js';
import type { KubernetesObject } from '../object.js';
import { apiVersionOf } from '../resource.js';
import { definitionOf, groupVersionKindOf, isKind } from '../schema-kinds.js';
import { invalidValue } from '../validation/field-error.js';
import { ConversionError, ValueConverter } from './convert-value.js';
import { type Decoded, type FieldValidation, strictDecodingError } from './decode-object.js';
import { goPrint } from './go-print.js';
import { conversionMismatch, decodingMismatch } from './mismatch-text.js';
import { checkTypeMeta } from './type-meta.js';

export interface DecodePatchedOptions {
  readonly fieldValidation: FieldValidation;
  /** The patch as sent: errors show it. */
  readonly patchText: string;
  /** The patch as read, if it is a strategic merge patch: errors show this one instead, as Go prints it. */
  readonly strategicPatch?: object | undefined;
  /** What `parsePatch` found strictly wrong with that text. */
  readonly patchErrors?: readonly string[];
}

/**
 * Checks what a patch made of an object, as {@link decodeObject} checks a
 * body. `patched` is changed and belongs to the result.
 * @throws ApiError Invalid: to Kubernetes a patch that leads to a wrong object
 * is a wrong value of the field `patch`
 */
export function decodePatched<T = KubernetesObject>(
  definition: string,
  patched: unknown,
  options: DecodePatchedOptions,
): Decoded<T> {
  const collectUnknown = options.fieldValidation !== 'Ignore';
  const mismatchText = options.strategicPatch === undefined ? decodingMismatch : conversionMismatch;
  const converter = new ValueConverter({ collectUnknown, mismatchText });
  let object: Record<string, unknown>;
  try {
    object = converter.convertStruct(definition, patched);
  } catch (error) {
    if (error instanceof ConversionError) throw invalidPatch(options, error.message);
    throw error;
  }
  const unknownFields = converter.unknownFields.map((path) => `unknown field "${path}"`);
  const problems = collectUnknown ? [...(options.patchErrors ?? []), ...unknownFields] : [];
  if (problems.length > 0 && options.fieldValidation === 'Strict') {
    throw invalidPatch(options, strictDecodingError(problems));
  }
  return { object: withTypeMeta(definition, object, options) as T, warnings: problems };
}

/** A patch may not turn an object into one of another kind; without a kind, it is what it was. */
function withTypeMeta(definition: string, object: KubernetesObject, options: DecodePatchedOptions): KubernetesObject {
  const schema = definitionOf(definition);
  if (!isKind(schema)) return object;
  const expected = groupVersionKindOf(schema);
  try {
    checkTypeMeta(object, expected);
  } catch (error) {
    if (error instanceof ApiError) throw invalidPatch(options, error.message);
    throw error;
  }
  return { ...object, apiVersion: apiVersionOf(expected), kind: expected.kind };
}

const MAX_SHOWN_LENGTH = 4096;

function invalidPatch({ strategicPatch, patchText: sent }: DecodePatchedOptions, why: string): ApiError {
  const patchText = strategicPatch === undefined ? sent : goPrint(strategicPatch);
  const shown = patchText.length > MAX_SHOWN_LENGTH ? `${patchText.slice(0, MAX_SHOWN_LENGTH)} ...` : patchText;
  return invalid({ group: '', kind: '' }, '', [invalidValue('patch', shown, why)]);
}

import { ApiError } from '../errors.js';
import type { KubernetesObject } from '../object.js';
import { apiVersionOf } from '../resource.js';
import { definitionOf, type GroupVersionKind, groupVersionKindOf, isKind } from '../schema-kinds.js';
import { ConversionError, isObject, MAX_STRICT_ERRORS, ValueConverter } from './convert-value.js';
import { goValueName } from './go-types.js';
import { DocumentSyntaxError, type ParsedDocument, parseJson } from './parse-json.js';
import { parseYaml } from './parse-yaml.js';
import { cannotBeHandled, checkTypeMeta } from './type-meta.js';

/** KEP-2885: what becomes of unknown and duplicate fields. They are dropped in any case. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface DecodeOptions {
  readonly fieldValidation: FieldValidation;
  /** Default: json. */
  readonly contentType?: 'json' | 'yaml';
}

export interface Decoded<T = KubernetesObject> {
  readonly object: T;
  /** With `Warn`: one text for each unknown or duplicate field, for `Warning` headers. */
  readonly warnings: string[];
}

/**
 * Reads a request's body as the kind that `definition` (a type's name in the
 * schema) describes. The object returned holds nothing that the schema does
 * not know, its scalars are canonical, and `apiVersion` and `kind` are set.
 * @throws ApiError BadRequest, worded as Kubernetes words it
 */
export function decodeObject<T = KubernetesObject>(
  definition: string,
  body: Uint8Array | string,
  options: DecodeOptions,
): Decoded<T> {
  const schema = definitionOf(definition);
  const expected = groupVersionKindOf(schema);
  const findDuplicates = options.fieldValidation !== 'Ignore';
  const { value, strictErrors } = parseBody(body, { ...options, findDuplicates }, expected.kind);
  const given = isKind(schema) ? readTypeMeta(value, body, expected) : undefined;
  const converter = new ValueConverter({ collectUnknown: findDuplicates });
  const type = given ?? { apiVersion: expected.version, kind: expected.kind };
  let object: Record<string, unknown>;
  try {
    object = converter.convertStruct(definition, value ?? {});
  } catch (error) {
    if (error instanceof ConversionError) throw cannotBeHandled(type, expected.kind, error.message);
    throw error;
  }
  const problems = listProblems(converter.unknownFields, strictErrors, options.contentType);
  if (problems.length > 0 && options.fieldValidation === 'Strict') {
    throw cannotBeHandled(type, expected.kind, strictDecodingError(problems));
  }
  return { object: (given ? { ...given, ...object } : object) as T, warnings: problems.flatMap(splitYamlErrors) };
}

/** Text for a strict refusal; `problems` as `unknown field "spec.foo"`. */
export function strictDecodingError(problems: readonly string[]): string {
  return `strict decoding error: ${problems.join(', ')}`;
}

/** Kubernetes reads YAML's duplicates from the text first, JSON's while decoding. */
function listProblems(unknown: readonly string[], strictErrors: readonly string[], contentType?: string): string[] {
  const unknownFields = unknown.map((path) => `unknown field "${path}"`);
  const problems = contentType === 'yaml' ? [...strictErrors, ...unknownFields] : [...unknownFields, ...strictErrors];
  return problems.slice(0, MAX_STRICT_ERRORS);
}

/** A YAML error of several lines is one warning a line. */
function splitYamlErrors(problem: string): string[] {
  const prefix = 'yaml: unmarshal errors:\n';
  return problem.startsWith(prefix)
    ? problem
        .slice(prefix.length)
        .split('\n')
        .map((line) => line.trim())
    : [problem];
}

function parseBody(
  body: Uint8Array | string,
  options: DecodeOptions & { findDuplicates: boolean },
  kind: string,
): ParsedDocument {
  const text = textOf(body);
  try {
    return options.contentType === 'yaml' ? parseYaml(text, options) : parseJson(text, options);
  } catch (error) {
    if (!(error instanceof DocumentSyntaxError)) throw error;
    const isJson = options.contentType !== 'yaml';
    throw unrecognized(
      kind,
      isJson ? `couldn't get version/kind; json parse error: ${error.message}` : error.message,
      text,
    );
  }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export function textOf(body: Uint8Array | string): string {
  return typeof body === 'string' ? body : decoder.decode(body);
}

const TYPE_META_STRUCT = `struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`;

/** What the body says that it is; what it does not say is as expected. */
function readTypeMeta(
  value: unknown,
  body: Uint8Array | string,
  expected: GroupVersionKind,
): { apiVersion: string; kind: string } {
  const why = whyNoTypeMeta(value);
  if (why !== undefined) throw unrecognized(expected.kind, why, textOf(body));
  const object = (value ?? {}) as KubernetesObject;
  const isOptions = expected.kind === 'DeleteOptions' && (object.kind ?? 'DeleteOptions') === 'DeleteOptions';
  // Every group has a DeleteOptions of its own, all alike: clients send any of them.
  if (!isOptions) checkTypeMeta(object, expected);
  return { apiVersion: object.apiVersion || apiVersionOf(expected), kind: object.kind || expected.kind };
}

function whyNoTypeMeta(value: unknown): string | undefined {
  const prefix = "couldn't get version/kind; json parse error: json: cannot unmarshal";
  if (value === null || value === undefined) return undefined;
  if (!isObject(value)) return `${prefix} ${goValueName(value)} into Go value of type ${TYPE_META_STRUCT}`;
  for (const field of ['apiVersion', 'kind']) {
    const text = value[field] ?? '';
    if (typeof text !== 'string') return `${prefix} ${goValueName(text)} into Go struct field .${field} of type string`;
  }
  const apiVersion = (value.apiVersion ?? '') as string;
  return apiVersion.split('/').length > 2 ? `unexpected GroupVersion string: ${apiVersion}` : undefined;
}

function unrecognized(kind: string, why: string, text: string): ApiError {
  return new ApiError(
    'BadRequest',
    `the object provided is unrecognized (must be of type ${kind}): ${why} (${summarize(text)})`,
  );
}

const SUMMARY_BYTES = 30;

/** The beginning of a body, as text where it looks like JSON, else in hexadecimal digits. */
function summarize(text: string): string {
  if (text === '') return '<empty>';
  const bytes = Buffer.from(text);
  const start = bytes.subarray(0, SUMMARY_BYTES);
  const shown = text.startsWith('{') ? start.toString() : start.toString('hex');
  return bytes.length > SUMMARY_BYTES ? `${shown} ...` : shown;
}

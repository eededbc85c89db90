import { isObject } from '../../decode/convert-value.js';
import { type FieldValidation, textOf } from '../../decode/decode-object.js';
import { isNestedTooDeep } from '../../decode/nesting.js';
import { DocumentSyntaxError, type ParsedDocument, parseJson } from '../../decode/parse-json.js';
import { parseYaml } from '../../decode/parse-yaml.js';
import { ApiError } from '../../errors.js';
import type { KubernetesObject } from '../../object.js';
import { applyTypeOf } from './apply-type.js';
import { AppliedConfigurationError, checkApplied } from './check-applied.js';

/** What an applied configuration must be of. */
interface AppliedKind {
  readonly definition: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface Configuration {
  readonly config: KubernetesObject;
  /** With `Warn`: fields that are stated twice. */
  readonly warnings: readonly string[];
}

/**
 * Reads the body of an apply: YAML, or JSON, which is YAML too.
 * @throws ApiError BadRequest, Unknown (what the kind's type does not hold)
 */
export function readConfiguration(
  kind: AppliedKind,
  body: Uint8Array,
  { fieldValidation }: { fieldValidation: FieldValidation },
): Configuration {
  const { value, strictErrors } = parse(textOf(body), fieldValidation !== 'Ignore');
  const config = value ?? {};
  if (!isObject(config)) {
    throw badRequest(
      'error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal into Go value of type map[string]interface {}',
    );
  }
  if (isNestedTooDeep(config)) throw badRequest('error decoding YAML: exceeded max depth');
  checkKind(kind, config);
  if (Array.isArray((config as KubernetesObject).metadata?.managedFields)) {
    throw badRequest('metadata.managedFields must be nil');
  }
  const checked = check(kind, config);
  if (strictErrors.length > 0 && fieldValidation === 'Strict') {
    throw badRequest(`error strict decoding YAML: ${strictErrors.join(', ')}`);
  }
  return { config: checked, warnings: strictErrors };
}

function parse(text: string, findDuplicates: boolean): ParsedDocument {
  try {
    return text.trimStart().startsWith('{')
      ? parseJsonOrYaml(text, findDuplicates)
      : parseYaml(text, { findDuplicates });
  } catch (error) {
    if (error instanceof DocumentSyntaxError) throw badRequest(`error decoding YAML: ${error.message}`);
    throw error;
  }
}

/** Clients send JSON, whose parser is much the faster one; but a flow mapping of YAML also begins with a brace. */
function parseJsonOrYaml(text: string, findDuplicates: boolean): ParsedDocument {
  try {
    return parseJson(text, { findDuplicates });
  } catch (error) {
    if (error instanceof DocumentSyntaxError) return parseYaml(text, { findDuplicates });
    throw error;
  }
}

function checkKind({ group, version, kind }: AppliedKind, config: Record<string, unknown>): void {
  const given = { apiVersion: textIn(config, 'apiVersion'), kind: textIn(config, 'kind') };
  const expected = group === '' ? version : `${group}/${version}`;
  if (given.apiVersion === expected && given.kind === kind) return;
  const slash = given.apiVersion.indexOf('/');
  const [givenGroup, givenVersion] =
    slash < 0 ? ['', given.apiVersion] : [given.apiVersion.slice(0, slash), given.apiVersion.slice(slash + 1)];
  throw badRequest(`invalid object type: ${givenGroup}/${givenVersion}, Kind=${given.kind}`);
}

function textIn(object: Record<string, unknown>, field: string): string {
  const value = Object.hasOwn(object, field) ? object[field] : undefined;
  return typeof value === 'string' ? value : '';
}

function check({ definition }: AppliedKind, config: Record<string, unknown>): KubernetesObject {
  try {
    return checkApplied(applyTypeOf(definition), config) as KubernetesObject;
  } catch (error) {
    if (!(error instanceof AppliedConfigurationError)) throw error;
    const { metadata, apiVersion, kind } = config as KubernetesObject;
    const [version = '', group = ''] = (apiVersion ?? '').split('/').reverse();
    const identity = `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}; ${group}/${version}, Kind=${kind}`;
    // The client's mistake, and yet Kubernetes answers with 500 and no reason.
    throw new ApiError('Unknown', `failed to create typed patch object (${identity}): ${error.message}`);
  }
}

function badRequest(message: string): ApiError {
  return new ApiError('BadRequest', message);
}

import { ApiError } from '../errors.js';
import type { KubernetesObject } from '../object.js';
import type { ResourceType } from '../resource.js';

export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** A compiled field selector. */
export interface FieldSelector<T extends KubernetesObject = KubernetesObject> {
  readonly requirements: readonly FieldRequirement[];
  readonly isEmpty: boolean;
  matches(object: T): boolean;
  /** The value that a field must have, for a short way to it (metadata.name, spec.nodeName). */
  requires(field: string): string | undefined;
  toString(): string;
}

type FieldReader<T> = (object: T) => string;

/**
 * The `fieldSelector` of a query for one kind: `a=b,c==d,e!=f`, with `\`
 * before a comma, an equals sign or a backslash of a value.
 * @throws ApiError BadRequest for a malformed selector or a field that the kind does not select by.
 */
export function parseFieldSelector<T extends KubernetesObject>(
  text: string,
  resource: Pick<ResourceType<T>, 'selectableFields' | 'namespaced'>,
): FieldSelector<T> {
  const requirements = splitTerms(text).map(parseTerm);
  const readers = requirements.map(({ field }) => readerOf(field, resource));
  const printed = requirements
    .map(({ field, operator, value }) => `${field}${operator}${escapeValue(value)}`)
    .join(',');
  return {
    requirements,
    isEmpty: requirements.length === 0,
    matches: (object) =>
      requirements.every(({ operator, value }, i) => (readers[i]?.(object) === value) === (operator === '=')),
    requires: (field) =>
      requirements.find((requirement) => requirement.field === field && requirement.operator === '=')?.value,
    toString: () => printed,
  };
}

/** `\`, `,` and `=` of a value, written so that {@link parseFieldSelector} reads them back. */
export function escapeValue(value: string): string {
  return value.replace(/[\\,=]/g, '\\$&');
}

function readerOf<T extends KubernetesObject>(
  field: string,
  { selectableFields, namespaced }: Pick<ResourceType<T>, 'selectableFields' | 'namespaced'>,
): FieldReader<T> {
  if (field === 'metadata.name') return (object) => object.metadata?.name ?? '';
  if (field === 'metadata.namespace' && namespaced) return (object) => object.metadata?.namespace ?? '';
  const reader = Object.hasOwn(selectableFields, field) ? selectableFields[field] : undefined;
  if (reader !== undefined) return reader;
  throw new ApiError(
    'BadRequest',
    Object.keys(selectableFields).length > 0
      ? `field label not supported: ${field}`
      : `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`,
  );
}

/** Splits at commas that no backslash precedes; an empty term is left out. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    if (text[i] === '\\') i++;
    else if (i === text.length || text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  if (start < text.length) terms.push(text.slice(start));
  return terms.filter((term) => term !== '');
}

function parseTerm(term: string): FieldRequirement {
  for (let i = 0; i < term.length; i++) {
    if (term[i] === '\\') {
      i++;
      continue;
    }
    const operator = ['!=', '==', '='].find((candidate) => term.startsWith(candidate, i));
    if (operator !== undefined) {
      return {
        field: term.slice(0, i),
        operator: operator === '!=' ? '!=' : '=',
        value: unescapeValue(term.slice(i + operator.length)),
      };
    }
  }
  throw new ApiError('BadRequest', `invalid selector: '${term}'; can't understand '${term}'`);
}

function unescapeValue(escaped: string): string {
  let value = '';
  for (let i = 0; i < escaped.length; i++) {
    const character = escaped.charAt(i);
    if (character === ',' || character === '=') {
      throw new ApiError('BadRequest', `invalid field selector: unescaped character in value: ${character}`);
    }
    if (character !== '\\') {
      value += character;
      continue;
    }
    const next = escaped.charAt(++i);
    if (next !== '\\' && next !== ',' && next !== '=') {
      throw new ApiError('BadRequest', `invalid field selector: invalid escape sequence: \\${next}`);
    }
    value += next;
  }
  return value;
}

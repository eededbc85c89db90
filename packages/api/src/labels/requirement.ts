import type { FieldError } from '../errors.js';
import { invalidValue } from '../validation/field-error.js';
import { checkLabelValue, checkQualifiedName } from '../validation/names.js';

export type SelectorOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

/** One term of a selector; all terms of a selector must hold. */
export interface Requirement {
  readonly key: string;
  readonly operator: SelectorOperator;
  /** Sorted, without duplicates. */
  readonly values: readonly string[];
}

type Labels = Readonly<Record<string, string>>;

/** `!=` and `notin` hold for an object that lacks the key. */
export function requirementMatches(requirement: Requirement, labels: Labels): boolean {
  const { key, operator, values } = requirement;
  const present = Object.hasOwn(labels, key);
  const value = present ? (labels[key] ?? '') : '';
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return present && values.includes(value);
    case '!=':
    case 'notin':
      return !present || !values.includes(value);
    case 'exists':
      return present;
    case '!':
      return !present;
    case 'gt':
      return present && isInteger(value) && BigInt(value) > BigInt(values[0] ?? '');
    case 'lt':
      return present && isInteger(value) && BigInt(value) < BigInt(values[0] ?? '');
  }
}

export function requirementToString({ key, operator, values }: Requirement): string {
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${values.join(',')})`;
    case 'gt':
      return `${key}>${values[0]}`;
    case 'lt':
      return `${key}<${values[0]}`;
    default:
      return `${key}${operator}${values[0] ?? ''}`;
  }
}

/** What is wrong with a requirement; paths are relative to it (`key`, `values[0][KEY]`). */
export function validateRequirement({ key, operator, values }: Requirement): FieldError[] {
  const errors: FieldError[] = [];
  const keyProblems = checkQualifiedName(key);
  if (keyProblems.length > 0) errors.push(invalidValue('key', key, keyProblems.join('; ')));
  errors.push(...validateValueCount(operator, values));
  values.forEach((value, i) => {
    const problems = checkLabelValue(value);
    if (problems.length > 0) errors.push(invalidValue(`values[${i}][${key}]`, value, problems.join('; ')));
  });
  return errors;
}

function validateValueCount(operator: SelectorOperator, values: readonly string[]): FieldError[] {
  if ((operator === 'in' || operator === 'notin') && values.length === 0) {
    return [invalidValue('values', values, "for 'in', 'notin' operators, values set can't be empty")];
  }
  if ((operator === 'gt' || operator === 'lt') && !isInteger(values[0] ?? '')) {
    return [invalidValue('values[0]', values[0], "for 'Gt', 'Lt' operators, the value must be an integer")];
  }
  return [];
}

function isInteger(text: string): boolean {
  return /^[+-]?\d+$/.test(text);
}

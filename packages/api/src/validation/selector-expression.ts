import type { FieldError } from '../errors.js';
import type { DeepReadonly } from '../object.js';
import { forbidden, invalidEach, invalidValue, required } from './field-error.js';
import { checkLabelValue } from './names.js';
import { validateLabelKey } from './object-meta.js';

/** A requirement of a label selector or of a node selector: they differ in their operators only. */
export type SelectorExpression = DeepReadonly<{ key?: string; operator?: string; values?: string[] }>;

export interface ExpressionRules {
  /** Whether `Gt` and `Lt` are operators: they are those of nodes. */
  readonly comparesNumbers: boolean;
}

export function validateSelectorExpression(
  expression: SelectorExpression,
  path: string,
  { comparesNumbers }: ExpressionRules,
): FieldError[] {
  const { key = '', operator = '', values = [] } = expression;
  return [
    ...validateValueCount(operator, values.length, path, comparesNumbers),
    ...validateLabelKey(key, `${path}.key`),
    ...values.flatMap((value, i) => invalidEach(`${path}.values[${i}]`, value, checkLabelValue(value))),
  ];
}

function validateValueCount(operator: string, count: number, path: string, comparesNumbers: boolean): FieldError[] {
  const at = `${path}.values`;
  if (operator === 'In' || operator === 'NotIn') {
    return count > 0 ? [] : [required(at, "must be specified when `operator` is 'In' or 'NotIn'")];
  }
  if (operator === 'Exists' || operator === 'DoesNotExist') {
    const text = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
    return count === 0 ? [] : [forbidden(at, text)];
  }
  if (comparesNumbers && (operator === 'Gt' || operator === 'Lt')) {
    return count === 1 ? [] : [required(at, "must be specified single value when `operator` is 'Lt' or 'Gt'")];
  }
  return [invalidValue(`${path}.operator`, operator, 'not a valid selector operator')];
}

import type { FieldError } from '../errors.js';
import type { LabelSelector, LabelSelectorRequirement } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { forbidden, invalidEach, invalidValue, required } from './field-error.js';
import { checkLabelValue } from './names.js';
import { validateLabelKey, validateLabels } from './object-meta.js';

/** A selector inside an object (spec.selector, a topology spread, an affinity term). */
export function validateLabelSelector(selector: DeepReadonly<LabelSelector> | undefined, path: string): FieldError[] {
  return [
    ...validateLabels(selector?.matchLabels, `${path}.matchLabels`),
    ...(selector?.matchExpressions ?? []).flatMap((expression, i) =>
      validateExpression(expression, `${path}.matchExpressions[${i}]`),
    ),
  ];
}

function validateExpression(expression: DeepReadonly<LabelSelectorRequirement>, path: string): FieldError[] {
  const { key = '', operator = '', values = [] } = expression;
  return [
    ...validateExpressionValues(operator, values.length, path),
    ...validateLabelKey(key, `${path}.key`),
    ...values.flatMap((value, i) => invalidEach(`${path}.values[${i}]`, value, checkLabelValue(value))),
  ];
}

function validateExpressionValues(operator: string, count: number, path: string): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return count > 0 ? [] : [required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")];
    case 'Exists':
    case 'DoesNotExist': {
      const text = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      return count === 0 ? [] : [forbidden(`${path}.values`, text)];
    }
    default:
      return [invalidValue(`${path}.operator`, operator, 'not a valid selector operator')];
  }
}

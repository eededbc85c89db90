import type { FieldError } from '../errors.js';
import type { LabelSelector } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { validateLabels } from './object-meta.js';
import { validateSelectorExpression } from './selector-expression.js';

/** A selector inside an object (spec.selector, a topology spread, an affinity term). */
export function validateLabelSelector(selector: DeepReadonly<LabelSelector> | undefined, path: string): FieldError[] {
  return [
    ...validateLabels(selector?.matchLabels, `${path}.matchLabels`),
    ...(selector?.matchExpressions ?? []).flatMap((expression, i) =>
      validateSelectorExpression(expression, `${path}.matchExpressions[${i}]`, { comparesNumbers: false }),
    ),
  ];
}

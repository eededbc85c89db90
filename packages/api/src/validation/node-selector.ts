import type { FieldError } from '../errors.js';
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { invalidValue, required } from './field-error.js';
import { validateSelectorExpression } from './selector-expression.js';

/** Which nodes a pod may run on, or a volume is reached from. */
export function validateNodeSelector(selector: DeepReadonly<NodeSelector>, path: string): FieldError[] {
  const terms = selector.nodeSelectorTerms ?? [];
  const termsPath = `${path}.nodeSelectorTerms`;
  if (terms.length === 0) return [required(termsPath, 'must have at least one node selector term')];
  return terms.flatMap((term, i) => validateNodeSelectorTerm(term, `${termsPath}[${i}]`));
}

export function validateNodeSelectorTerm(term: DeepReadonly<NodeSelectorTerm>, path: string): FieldError[] {
  return [
    ...(term.matchExpressions ?? []).flatMap((expression, i) =>
      validateSelectorExpression(expression, `${path}.matchExpressions[${i}]`, { comparesNumbers: true }),
    ),
    ...(term.matchFields ?? []).flatMap((field, i) => validateNodeField(field, `${path}.matchFields[${i}]`)),
  ];
}

function validateNodeField(field: DeepReadonly<NodeSelectorRequirement>, path: string): FieldError[] {
  const { key = '', operator = '', values = [] } = field;
  const errors: FieldError[] = [];
  if (operator !== 'In' && operator !== 'NotIn') {
    errors.push(invalidValue(`${path}.operator`, operator, 'not a valid selector operator'));
  } else if (values.length !== 1) {
    const text = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    errors.push(required(`${path}.values`, text));
  }
  if (key !== 'metadata.name') errors.push(invalidValue(`${path}.key`, key, 'not a valid field selector key'));
  return errors;
}

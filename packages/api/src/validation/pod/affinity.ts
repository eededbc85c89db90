import type { FieldError } from '../../errors.js';
import type {
  Affinity,
  NodeAffinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
} from '../../generated/types.js';
import type { DeepReadonly } from '../../object.js';
import { forbidden, invalidEach, invalidValue, required } from '../field-error.js';
import { validateLabelSelector } from '../label-selector.js';
import { checkDnsLabel, checkLabelValue } from '../names.js';
import { validateLabelKey } from '../object-meta.js';

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

export function validateAffinity(affinity: DeepReadonly<Affinity> | undefined, path: string): FieldError[] {
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity ?? {};
  return [
    ...(nodeAffinity ? validateNodeAffinity(nodeAffinity, `${path}.nodeAffinity`) : []),
    ...(podAffinity ? validatePodAffinity(podAffinity, `${path}.podAffinity`) : []),
    ...(podAntiAffinity ? validatePodAffinity(podAntiAffinity, `${path}.podAntiAffinity`) : []),
  ];
}

function validateNodeAffinity(affinity: DeepReadonly<NodeAffinity>, path: string): FieldError[] {
  const needed = affinity[REQUIRED];
  return [
    ...(needed ? validateNodeSelector(needed, `${path}.${REQUIRED}`) : []),
    ...(affinity[PREFERRED] ?? []).flatMap(({ weight = 0, preference }, i) => [
      ...validateWeight(weight, `${path}.${PREFERRED}[${i}]`),
      ...validateNodeSelectorTerm(preference ?? {}, `${path}.${PREFERRED}[${i}].preference`),
    ]),
  ];
}

function validateNodeSelector(selector: DeepReadonly<NodeSelector>, path: string): FieldError[] {
  const terms = selector.nodeSelectorTerms ?? [];
  const termsPath = `${path}.nodeSelectorTerms`;
  if (terms.length === 0) return [required(termsPath, 'must have at least one node selector term')];
  return terms.flatMap((term, i) => validateNodeSelectorTerm(term, `${termsPath}[${i}]`));
}

function validateNodeSelectorTerm(term: DeepReadonly<NodeSelectorTerm>, path: string): FieldError[] {
  return [
    ...(term.matchExpressions ?? []).flatMap((expression, i) =>
      validateNodeExpression(expression, `${path}.matchExpressions[${i}]`),
    ),
    ...(term.matchFields ?? []).flatMap((field, i) => validateNodeField(field, `${path}.matchFields[${i}]`)),
  ];
}

function validateNodeExpression(expression: DeepReadonly<NodeSelectorRequirement>, path: string): FieldError[] {
  const { key = '', operator = '', values = [] } = expression;
  return [
    ...validateNodeValueCount(operator, values.length, path),
    ...validateLabelKey(key, `${path}.key`),
    ...values.flatMap((value, i) => invalidEach(`${path}.values[${i}]`, value, checkLabelValue(value))),
  ];
}

function validateNodeValueCount(operator: string, count: number, path: string): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return count > 0 ? [] : [required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")];
    case 'Exists':
    case 'DoesNotExist': {
      const text = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      return count === 0 ? [] : [forbidden(`${path}.values`, text)];
    }
    case 'Gt':
    case 'Lt': {
      const text = "must be specified single value when `operator` is 'Lt' or 'Gt'";
      return count === 1 ? [] : [required(`${path}.values`, text)];
    }
    default:
      return [invalidValue(`${path}.operator`, operator, 'not a valid selector operator')];
  }
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

function validatePodAffinity(affinity: DeepReadonly<PodAffinity>, path: string): FieldError[] {
  return [
    ...(affinity[REQUIRED] ?? []).flatMap((term, i) => validatePodAffinityTerm(term, `${path}.${REQUIRED}[${i}]`)),
    ...(affinity[PREFERRED] ?? []).flatMap(({ weight = 0, podAffinityTerm }, i) => [
      ...validateWeight(weight, `${path}.${PREFERRED}[${i}]`),
      ...validatePodAffinityTerm(podAffinityTerm ?? { topologyKey: '' }, `${path}.${PREFERRED}[${i}].podAffinityTerm`),
    ]),
  ];
}

function validatePodAffinityTerm(term: DeepReadonly<PodAffinityTerm>, path: string): FieldError[] {
  const topologyKey = term.topologyKey ?? '';
  return [
    ...validateLabelSelector(term.labelSelector, `${path}.labelSelector`),
    ...validateLabelSelector(term.namespaceSelector, `${path}.namespaceSelector`),
    ...(term.namespaces ?? []).flatMap((name) => invalidEach(`${path}.namespace`, name, checkDnsLabel(name))),
    ...(topologyKey === '' ? [required(`${path}.topologyKey`, 'can not be empty')] : []),
    ...validateLabelKey(topologyKey, `${path}.topologyKey`),
  ];
}

function validateWeight(weight: number, path: string): FieldError[] {
  return weight >= 1 && weight <= 100 ? [] : [invalidValue(`${path}.weight`, weight, 'must be in the range 1-100')];
}

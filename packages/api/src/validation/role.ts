import type { FieldError } from '../errors.js';
import type { ClusterRole, PolicyRule, Role } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { invalidValue, required } from './field-error.js';
import { validateLabelSelector } from './label-selector.js';

type Rules = DeepReadonly<Partial<PolicyRule>[]>;

export function validateRole({ rules = [] }: DeepReadonly<Role>): FieldError[] {
  return validateRules(rules, true);
}

export function validateClusterRole({ rules = [], aggregationRule }: DeepReadonly<ClusterRole>): FieldError[] {
  const errors = validateRules(rules, false);
  if (aggregationRule === undefined) return errors;
  const path = 'aggregationRule.clusterRoleSelectors';
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0) {
    errors.push(required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
  }
  return [...errors, ...selectors.flatMap((selector, i) => validateLabelSelector(selector, `${path}[${i}]`))];
}

function validateRules(rules: Rules, isNamespaced: boolean): FieldError[] {
  return rules.flatMap((rule, i) => validateRule(rule, isNamespaced, `rules[${i}]`));
}

function validateRule(rule: Rules[number], isNamespaced: boolean, path: string): FieldError[] {
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  const errors = verbs.length > 0 ? [] : [required(`${path}.verbs`, 'verbs must contain at least one value')];
  if (nonResourceURLs.length > 0) {
    const at = `${path}.nonResourceURLs`;
    if (isNamespaced) {
      errors.push(invalidValue(at, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
    }
    if (apiGroups.length > 0 || resources.length > 0 || resourceNames.length > 0) {
      const text = 'rules cannot apply to both regular resources and non-resource URLs';
      errors.push(invalidValue(at, nonResourceURLs, text));
    }
    return errors;
  }
  if (apiGroups.length === 0) {
    errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
  }
  if (resources.length === 0) {
    errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'));
  }
  return errors;
}

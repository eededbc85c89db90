import type { LabelSelector, PodDisruptionBudget, V1beta1PodDisruptionBudget } from '../../generated/types.js';
import type { KubernetesObject } from '../../object.js';
import type { ResourceType } from '../../resource.js';
import { validateConditions } from '../../validation/conditions.js';
import { isEmptySelector } from '../../validation/pod/controller-template.js';
import { podDisruptionBudgets } from '../pod-disruption-budget.js';
import { viewOf } from './view-of.js';

/**
 * An empty selector selected nothing in v1beta1 and selects everything in v1.
 * A label that no pod has says in each what the other means.
 */
const KEY = 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match';
const NONE: LabelSelector = { matchExpressions: [{ key: KEY, operator: 'Exists' }] };
const ALL: LabelSelector = { matchExpressions: [{ key: KEY, operator: 'DoesNotExist' }] };

function isOnly(selector: LabelSelector, wanted: LabelSelector): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const [expression, ...others] = matchExpressions;
  return (
    Object.keys(matchLabels).length === 0 &&
    others.length === 0 &&
    expression?.key === KEY &&
    expression.operator === wanted.matchExpressions?.[0]?.operator
  );
}

/** `empty`: what an empty selector becomes; `emptied`: what becomes an empty one. */
function withSelector(object: KubernetesObject, empty: LabelSelector, emptied: LabelSelector): PodDisruptionBudget {
  const budget = object as PodDisruptionBudget;
  const selector = budget.spec?.selector;
  if (selector === undefined) return budget;
  if (isEmptySelector(selector)) return { ...budget, spec: { ...budget.spec, selector: empty } };
  return isOnly(selector, emptied) ? { ...budget, spec: { ...budget.spec, selector: {} } } : budget;
}

const view = viewOf<PodDisruptionBudget, V1beta1PodDisruptionBudget>(podDisruptionBudgets, {
  version: 'v1beta1',
  definition: 'V1beta1PodDisruptionBudget',
  fromStored: (object) => withSelector(object, ALL, NONE),
  toStored: (object) => withSelector(object, NONE, ALL),
  deprecation:
    'policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+, unavailable in v1.25+; use policy/v1 PodDisruptionBudget',
});

/** What kubectl knew before v1.21. */
export const podDisruptionBudgetsV1beta1: ResourceType<V1beta1PodDisruptionBudget> = {
  ...view,
  strategy: {
    ...view.strategy,
    validateStatusUpdate: ({ status }) => validateConditions(status?.conditions ?? [], 'status.conditions'),
  },
};

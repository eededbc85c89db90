import type { FieldError } from '../errors.js';
import type { PodDisruptionBudget } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { validateConditions } from './conditions.js';
import { invalidValue } from './field-error.js';
import { validateLabelSelector } from './label-selector.js';
import { atMost100Percent } from './percentage.js';
import { intOrPercent, nonNegative, optionalOneOf } from './values.js';

type Budget = DeepReadonly<PodDisruptionBudget>;

export function validatePodDisruptionBudget({ spec = {} }: Budget): FieldError[] {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = spec;
  const errors: FieldError[] = [];
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    // Kubernetes shows its inner type here, whose fields are capitalized.
    const shown = {
      MinAvailable: minAvailable,
      Selector: selector ?? null,
      MaxUnavailable: maxUnavailable,
      UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy ?? null,
    };
    errors.push(invalidValue('spec', shown, 'minAvailable and maxUnavailable cannot be both set'));
  }
  for (const [field, value] of Object.entries({ minAvailable, maxUnavailable })) {
    if (value === undefined) continue;
    errors.push(...intOrPercent(`spec.${field}`, value), ...atMost100Percent(`spec.${field}`, value));
  }
  return [
    ...errors,
    ...validateLabelSelector(selector, 'spec.selector'),
    ...optionalOneOf('spec.unhealthyPodEvictionPolicy', unhealthyPodEvictionPolicy, ['AlwaysAllow', 'IfHealthyBudget']),
  ];
}

export function validatePodDisruptionBudgetStatusUpdate({ status }: Budget): FieldError[] {
  const counts = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const;
  return [
    ...validateConditions(status?.conditions ?? [], 'status.conditions'),
    ...counts.flatMap((field) => nonNegative(`status.${field}`, status?.[field])),
  ];
}

import type { FieldError } from '../errors.js';
import type { V2HorizontalPodAutoscaler, V2HPAScalingPolicy, V2HPAScalingRules } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { forbidden, invalidValue, notSupported, required } from './field-error.js';
import { validateMetricSpec, validateObjectReference } from './metric-spec.js';
import { nonNegative } from './values.js';

type Autoscaler = DeepReadonly<V2HorizontalPodAutoscaler>;

const MAX_PERIOD_SECONDS = 1800;
const MAX_WINDOW_SECONDS = 3600;

/** The gate HPAScaleToZero is off: an autoscaler keeps at least one pod. */
const MIN_REPLICAS = 1;

export function validateHorizontalPodAutoscaler({ spec }: Autoscaler): FieldError[] {
  const { minReplicas, maxReplicas = 0, metrics = [], behavior } = spec ?? {};
  const errors: FieldError[] = [];
  if (minReplicas !== undefined && minReplicas < MIN_REPLICAS) {
    errors.push(invalidValue('spec.minReplicas', minReplicas, `must be greater than or equal to ${MIN_REPLICAS}`));
  }
  if (maxReplicas < 1) errors.push(invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than 0'));
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    errors.push(invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'));
  }
  errors.push(...validateObjectReference(spec?.scaleTargetRef, 'spec.scaleTargetRef'));
  metrics.forEach((metric, i) => {
    errors.push(...validateMetricSpec(metric, `spec.metrics[${i}]`));
  });
  if (minReplicas === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External')) {
    const text = 'must specify at least one Object or External metric to support scaling to zero replicas';
    errors.push(forbidden('spec.metrics', text));
  }
  for (const direction of ['scaleUp', 'scaleDown'] as const) {
    const rules = behavior?.[direction];
    if (rules) errors.push(...validateRules(rules, `spec.behavior.${direction}`));
  }
  return errors;
}

function validateRules(rules: DeepReadonly<V2HPAScalingRules>, path: string): FieldError[] {
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [] } = rules;
  const field = `${path}.stabilizationWindowSeconds`;
  const errors: FieldError[] = [];
  if (window !== undefined && window < 0) {
    errors.push(invalidValue(field, window, 'must be greater than or equal to zero'));
  }
  if (window !== undefined && window > MAX_WINDOW_SECONDS) {
    errors.push(invalidValue(field, window, `must be less than or equal to ${MAX_WINDOW_SECONDS}`));
  }
  const supported = ['Disabled', 'Max', 'Min'];
  if (selectPolicy !== undefined && !supported.includes(selectPolicy)) {
    errors.push(notSupported(`${path}.selectPolicy`, selectPolicy, supported));
  }
  if (policies.length === 0) errors.push(required(`${path}.policies`, 'must specify at least one Policy'));
  policies.forEach((policy, i) => {
    errors.push(...validatePolicy(policy, `${path}.policies[${i}]`));
  });
  return errors;
}

function validatePolicy(policy: DeepReadonly<V2HPAScalingPolicy>, path: string): FieldError[] {
  const { type = '', value = 0, periodSeconds = 0 } = policy;
  const errors: FieldError[] = [];
  const supported = ['Percent', 'Pods'];
  if (!supported.includes(type)) errors.push(notSupported(`${path}.type`, type, supported));
  if (value <= 0) errors.push(invalidValue(`${path}.value`, value, 'must be greater than zero'));
  if (periodSeconds <= 0) {
    errors.push(invalidValue(`${path}.periodSeconds`, periodSeconds, 'must be greater than zero'));
  }
  if (periodSeconds > MAX_PERIOD_SECONDS) {
    const text = `must be less than or equal to ${MAX_PERIOD_SECONDS}`;
    errors.push(invalidValue(`${path}.periodSeconds`, periodSeconds, text));
  }
  return errors;
}

export function validateHorizontalPodAutoscalerStatusUpdate({ status }: Autoscaler): FieldError[] {
  return [
    ...nonNegative('status.currentReplicas', status?.currentReplicas),
    ...nonNegative('status.desiredReplicas', status?.desiredReplicas),
  ];
}

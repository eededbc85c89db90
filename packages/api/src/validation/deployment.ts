import type { FieldError } from '../errors.js';
import type { Deployment, DeploymentStrategy, IntOrString, RollingUpdateDeployment } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { forbidden, invalidValue, notSupported, required } from './field-error.js';
import { validateSelectorAndTemplate } from './pod/pod-template.js';
import { immutableField, intOrPercent, nonNegative } from './values.js';

export function validateDeployment({ spec }: DeepReadonly<Deployment>): FieldError[] {
  if (spec === undefined) return [required('spec.selector'), required('spec.template')];
  const { progressDeadlineSeconds, minReadySeconds = 0 } = spec;
  const errors = [
    ...nonNegative('spec.replicas', spec.replicas),
    ...validateSelectorAndTemplate(spec.selector, spec.template, 'spec'),
    ...validateStrategy(spec.strategy ?? {}, 'spec.strategy'),
    ...nonNegative('spec.minReadySeconds', minReadySeconds),
    ...nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
    ...nonNegative('spec.progressDeadlineSeconds', progressDeadlineSeconds),
  ];
  if (progressDeadlineSeconds !== undefined && progressDeadlineSeconds <= minReadySeconds) {
    const text = 'must be greater than minReadySeconds';
    errors.push(invalidValue('spec.progressDeadlineSeconds', progressDeadlineSeconds, text));
  }
  return errors;
}

function validateStrategy(strategy: DeepReadonly<DeploymentStrategy>, path: string): FieldError[] {
  const { type = '', rollingUpdate } = strategy;
  if (type === 'Recreate') {
    const text = "may not be specified when strategy `type` is 'Recreate'";
    return rollingUpdate === undefined ? [] : [forbidden(`${path}.rollingUpdate`, text)];
  }
  if (type === 'RollingUpdate') return validateRollingUpdate(rollingUpdate ?? {}, `${path}.rollingUpdate`);
  // Kubernetes shows its inner type here, whose fields are capitalized.
  const shown = { Type: type, RollingUpdate: rollingUpdate ?? null };
  return [notSupported(path, shown, ['Recreate', 'RollingUpdate'])];
}

function validateRollingUpdate(update: DeepReadonly<RollingUpdateDeployment>, path: string): FieldError[] {
  const { maxSurge, maxUnavailable } = update;
  const errors = [
    ...intOrPercent(`${path}.maxUnavailable`, maxUnavailable),
    ...intOrPercent(`${path}.maxSurge`, maxSurge),
  ];
  if (amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0) {
    errors.push(invalidValue(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  if (typeof maxUnavailable === 'string' && (amountOf(maxUnavailable) ?? 0) > 100) {
    errors.push(invalidValue(`${path}.maxUnavailable`, maxUnavailable, 'must not be greater than 100%'));
  }
  return errors;
}

/** The number, whether of pods or of percent; a text that is no percentage counts as 0. */
function amountOf(value: IntOrString | undefined): number | undefined {
  if (typeof value !== 'string') return value;
  return /^\d+%$/.test(value) ? Number(value.slice(0, -1)) : 0;
}

export function validateDeploymentUpdate(
  deployment: DeepReadonly<Deployment>,
  old: DeepReadonly<Deployment>,
): FieldError[] {
  return immutableField('spec.selector', deployment.spec?.selector, old.spec?.selector);
}

export function validateDeploymentStatusUpdate(
  deployment: DeepReadonly<Deployment>,
  old: DeepReadonly<Deployment>,
): FieldError[] {
  const status = deployment.status ?? {};
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  const counts = [
    'observedGeneration',
    'replicas',
    'updatedReplicas',
    'readyReplicas',
    'availableReplicas',
    'unavailableReplicas',
    'collisionCount',
  ] as const;
  const errors = counts.flatMap((field) => nonNegative(`status.${field}`, status[field]));
  for (const field of ['updatedReplicas', 'readyReplicas', 'availableReplicas'] as const) {
    if ((status[field] ?? 0) > replicas) {
      errors.push(invalidValue(`status.${field}`, status[field] ?? 0, 'cannot be greater than status.replicas'));
    }
  }
  if (availableReplicas > readyReplicas) {
    errors.push(invalidValue('status.availableReplicas', availableReplicas, 'cannot be greater than readyReplicas'));
  }
  if ((status.collisionCount ?? 0) < (old.status?.collisionCount ?? 0)) {
    errors.push(invalidValue('status.collisionCount', status.collisionCount ?? 0, 'cannot be decremented'));
  }
  return errors;
}

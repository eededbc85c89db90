import type { FieldError } from '../errors.js';
import type { ReplicaSet } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { invalidValue, required } from './field-error.js';
import { validateSelectorAndTemplate } from './pod/pod-template.js';
import { immutableField, nonNegative } from './values.js';

export function validateReplicaSet({ spec }: DeepReadonly<ReplicaSet>): FieldError[] {
  if (spec === undefined) return [required('spec.selector'), required('spec.template')];
  return [
    ...nonNegative('spec.replicas', spec.replicas),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...validateSelectorAndTemplate(spec.selector, spec.template, 'spec'),
  ];
}

export function validateReplicaSetUpdate(
  replicaSet: DeepReadonly<ReplicaSet>,
  old: DeepReadonly<ReplicaSet>,
): FieldError[] {
  return immutableField('spec.selector', replicaSet.spec?.selector, old.spec?.selector);
}

/** Of a ReplicationController as well. */
export function validateReplicaSetStatusUpdate({ status }: DeepReadonly<Pick<ReplicaSet, 'status'>>): FieldError[] {
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = status ?? {};
  const counts = [
    'replicas',
    'fullyLabeledReplicas',
    'readyReplicas',
    'availableReplicas',
    'observedGeneration',
  ] as const;
  const errors = counts.flatMap((field) => nonNegative(`status.${field}`, status?.[field]));
  for (const field of ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const) {
    if ((status?.[field] ?? 0) > replicas) {
      errors.push(invalidValue(`status.${field}`, status?.[field] ?? 0, 'cannot be greater than status.replicas'));
    }
  }
  if (availableReplicas > readyReplicas) {
    errors.push(invalidValue('status.availableReplicas', availableReplicas, 'cannot be greater than readyReplicas'));
  }
  return errors;
}

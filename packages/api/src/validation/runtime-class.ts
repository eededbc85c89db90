import type { FieldError } from '../errors.js';
import type { RuntimeClass } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { invalidEach } from './field-error.js';
import { checkDnsLabel } from './names.js';
import { validateLabels } from './object-meta.js';
import { validateTolerations } from './pod/placement.js';
import { validateResourceRequirements } from './pod/resources.js';
import { immutableField } from './values.js';

export function validateRuntimeClass(runtimeClass: DeepReadonly<Partial<RuntimeClass>>): FieldError[] {
  const { handler = '', overhead, scheduling } = runtimeClass;
  const errors = invalidEach('handler', handler, checkDnsLabel(handler));
  if (overhead) errors.push(...validateResourceRequirements({ limits: overhead.podFixed ?? {} }, 'overhead'));
  if (scheduling === undefined) return errors;
  const tolerations = scheduling.tolerations ?? [];
  return [
    ...errors,
    ...validateLabels(scheduling.nodeSelector, 'scheduling.nodeSelector'),
    ...validateTolerations(tolerations, 'scheduling.tolerations'),
  ];
}

export function validateRuntimeClassUpdate(
  runtimeClass: DeepReadonly<RuntimeClass>,
  old: DeepReadonly<RuntimeClass>,
): FieldError[] {
  return immutableField('handler', runtimeClass.handler ?? '', old.handler ?? '');
}

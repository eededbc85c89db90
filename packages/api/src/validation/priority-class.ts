import type { FieldError } from '../errors.js';
import type { PriorityClass } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { forbidden, notSupported, required } from './field-error.js';
import { immutableField } from './values.js';

const SYSTEM_PREFIX = 'system-';
const HIGHEST_USER_PRIORITY = 1_000_000_000;
/** The two classes that every cluster has. */
const SYSTEM_VALUES: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
};
const PREEMPTION_POLICIES = ['PreemptLowerPriority', 'Never'];

export function validatePriorityClass(priorityClass: DeepReadonly<Partial<PriorityClass>>): FieldError[] {
  const { metadata, value = 0, preemptionPolicy } = priorityClass;
  const name = metadata?.name ?? '';
  const errors: FieldError[] = [];
  if (name.startsWith(SYSTEM_PREFIX)) {
    const problem = systemClassProblem(name, value, priorityClass.globalDefault ?? false);
    const text = `priority class names with '${SYSTEM_PREFIX}' prefix are reserved for system use only. error: ${problem}`;
    if (problem !== undefined) errors.push(forbidden('metadata.name', text));
  } else if (value > HIGHEST_USER_PRIORITY) {
    const text = `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`;
    errors.push(forbidden('value', text));
  }
  if (preemptionPolicy === undefined) return errors;
  if (preemptionPolicy === '') return [...errors, required('preemptionPolicy')];
  return PREEMPTION_POLICIES.includes(preemptionPolicy)
    ? errors
    : [...errors, notSupported('preemptionPolicy', preemptionPolicy, PREEMPTION_POLICIES)];
}

function systemClassProblem(name: string, value: number, globalDefault: boolean): string | undefined {
  const expected = Object.hasOwn(SYSTEM_VALUES, name) ? SYSTEM_VALUES[name] : undefined;
  if (expected === undefined) return `${name} is not a known system priority class`;
  if (value !== expected) return `value of ${name} PriorityClass must be ${expected}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

export function validatePriorityClassUpdate(
  priorityClass: DeepReadonly<PriorityClass>,
  old: DeepReadonly<PriorityClass>,
): FieldError[] {
  const isSame = (priorityClass.value ?? 0) === (old.value ?? 0);
  return [
    ...(isSame ? [] : [forbidden('value', 'may not be changed in an update.')]),
    ...immutableField('preemptionPolicy', priorityClass.preemptionPolicy, old.preemptionPolicy),
  ];
}

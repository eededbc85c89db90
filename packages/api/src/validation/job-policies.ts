import type { FieldError } from '../errors.js';
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import {
  duplicate,
  invalidEach,
  invalidValue,
  invalidWithoutValue,
  notSupported,
  quote,
  required,
  tooLong,
  tooMany,
} from './field-error.js';
import { countIndexes, IndexListError } from './job-indexes.js';
import { byteLength, checkQualifiedName } from './names.js';
import { nonNegative } from './values.js';

type Spec = DeepReadonly<JobSpec>;

const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;
const MAX_POD_CONDITIONS = 20;
const MAX_INDEXES_BYTES = 64 * 1024;
const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const OPERATORS = ['In', 'NotIn'];
const CONDITION_STATUSES = ['False', 'True', 'Unknown'];

/** A required choice; a missing one is told what there is. */
function choice(path: string, value: string, supported: readonly string[]): FieldError[] {
  if (value === '') return [required(path, `valid values: [${supported.map(quote).join(' ')}]`)];
  return supported.includes(value) ? [] : [notSupported(path, value, supported)];
}

/** What a Job does about pods that fail (KEP-3329). */
export function validatePodFailurePolicy(spec: Spec, path: string): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? [];
  const errors = rules.length > MAX_RULES ? [tooMany(`${path}.rules`, rules.length, MAX_RULES)] : [];
  rules.forEach((rule, i) => {
    errors.push(...validateFailureRule(spec, rule, `${path}.rules[${i}]`));
  });
  return errors;
}

function validateFailureRule(spec: Spec, rule: DeepReadonly<PodFailurePolicyRule>, path: string): FieldError[] {
  const { action = '', onExitCodes, onPodConditions = [] } = rule;
  const errors: FieldError[] = [];
  if (action === 'FailIndex') {
    if (spec.backoffLimitPerIndex === undefined) {
      errors.push(invalidValue(`${path}.action`, action, 'requires the backoffLimitPerIndex to be set'));
    }
  } else errors.push(...choice(`${path}.action`, action, ACTIONS));
  if (onExitCodes) errors.push(...validateExitCodes(spec, onExitCodes, `${path}.onExitCodes`));
  errors.push(...validatePodConditions(onPodConditions, `${path}.onPodConditions`));
  if (onExitCodes && onPodConditions.length > 0) {
    errors.push(invalidWithoutValue(path, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  }
  if (!onExitCodes && onPodConditions.length === 0) {
    errors.push(invalidWithoutValue(path, 'specifying one of OnExitCodes and OnPodConditions is required'));
  }
  return errors;
}

function validatePodConditions(
  patterns: DeepReadonly<PodFailurePolicyOnPodConditionsPattern[]>,
  path: string,
): FieldError[] {
  const errors = patterns.length > MAX_POD_CONDITIONS ? [tooMany(path, patterns.length, MAX_POD_CONDITIONS)] : [];
  patterns.forEach(({ type = '', status = '' }, i) => {
    errors.push(
      ...invalidEach(`${path}[${i}].type`, type, checkQualifiedName(type)),
      ...choice(`${path}[${i}].status`, status, CONDITION_STATUSES),
    );
  });
  return errors;
}

function validateExitCodes(
  spec: Spec,
  { operator = '', containerName, values = [] }: DeepReadonly<PodFailurePolicyOnExitCodesRequirement>,
  path: string,
): FieldError[] {
  const errors = choice(`${path}.operator`, operator, OPERATORS);
  const { containers = [], initContainers = [] } = spec.template?.spec ?? {};
  if (containerName !== undefined && ![...containers, ...initContainers].some(({ name }) => name === containerName)) {
    const text = 'must be one of the container or initContainer names in the pod template';
    errors.push(invalidValue(`${path}.containerName`, containerName, text));
  }
  if (values.length === 0) errors.push(invalidValue(`${path}.values`, values, 'at least one value is required'));
  if (values.length > MAX_EXIT_CODES) errors.push(tooMany(`${path}.values`, values.length, MAX_EXIT_CODES));
  values.forEach((value, i) => {
    const valuePath = `${path}.values[${i}]`;
    if (operator === 'In' && value === 0) {
      errors.push(invalidValue(valuePath, value, 'must not be 0 for the In operator'));
    }
    if (values.indexOf(value) < i) errors.push(duplicate(valuePath, value));
  });
  if (values.some((value, i) => i > 0 && (values[i - 1] ?? 0) > value)) {
    errors.push(invalidValue(`${path}.values`, values, 'must be ordered'));
  }
  return errors;
}

/** When an Indexed Job has succeeded although not all of its indexes have (KEP-3998). */
export function validateSuccessPolicy(spec: Spec, path: string): FieldError[] {
  const rules = spec.successPolicy?.rules ?? [];
  if (rules.length === 0) {
    return [required(`${path}.rules`, 'at least one rules must be specified when the successPolicy is specified')];
  }
  const errors = rules.length > MAX_RULES ? [tooMany(`${path}.rules`, rules.length, MAX_RULES)] : [];
  rules.forEach((rule, i) => {
    errors.push(...validateSuccessRule(rule, spec.completions ?? 0, `${path}.rules[${i}]`));
  });
  return errors;
}

function validateSuccessRule(
  { succeededCount: count, succeededIndexes: indexes }: DeepReadonly<SuccessPolicyRule>,
  completions: number,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (count === undefined && indexes === undefined) {
    errors.push(required(path, 'at least one of succeededCount or succeededIndexes must be specified'));
  }
  let total = 0;
  if (indexes !== undefined) {
    const field = `${path}.succeededIndexes`;
    if (byteLength(indexes) > MAX_INDEXES_BYTES) errors.push(tooLong(field, MAX_INDEXES_BYTES));
    try {
      total = countIndexes(indexes, completions);
    } catch (error) {
      if (!(error instanceof IndexListError)) throw error;
      errors.push(invalidValue(field, indexes, `error parsing succeededIndexes: ${error.message}`));
    }
  }
  if (count === undefined) return errors;
  const field = `${path}.succeededCount`;
  errors.push(...nonNegative(field, count));
  if (count > completions) {
    const text = `must be less than or equal to ${completions} (the number of specified completions)`;
    errors.push(invalidValue(field, count, text));
  }
  if (indexes !== undefined && count > total) {
    const text = `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`;
    errors.push(invalidValue(field, count, text));
  }
  return errors;
}

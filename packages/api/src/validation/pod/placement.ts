import type { FieldError } from '../../errors.js';
import type { PodSchedulingGate, Toleration, TopologySpreadConstraint } from '../../generated/types.js';
import type { DeepReadonly } from '../../object.js';
import { duplicate, invalidEach, invalidValue, notSupported, required } from '../field-error.js';
import { validateLabelSelector } from '../label-selector.js';
import { checkLabelValue, checkQualifiedName } from '../names.js';
import { validateLabelKey } from '../object-meta.js';
import { oneOf, optionalOneOf } from '../values.js';

const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export function validateTolerations(tolerations: DeepReadonly<Toleration[]>, path: string): FieldError[] {
  return tolerations.flatMap((toleration, i) => validateToleration(toleration, `${path}[${i}]`));
}

function validateToleration(toleration: DeepReadonly<Toleration>, path: string): FieldError[] {
  const { key = '', operator = '', value = '', effect = '' } = toleration;
  const errors = key === '' ? [] : validateLabelKey(key, `${path}.key`);
  if (key === '' && operator !== 'Exists') {
    const text = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    errors.push(invalidValue(`${path}.operator`, operator, text));
  }
  if (toleration.tolerationSeconds !== undefined && effect !== 'NoExecute') {
    const text = "effect must be 'NoExecute' when `tolerationSeconds` is set";
    errors.push(invalidValue(`${path}.effect`, effect, text));
  }
  if (operator === '' || operator === 'Equal') {
    const problems = checkLabelValue(value);
    if (problems.length > 0) errors.push(invalidValue(`${path}.operator`, value, problems.join(';')));
  } else if (operator !== 'Exists') {
    errors.push(notSupported(`${path}.operator`, operator, ['Equal', 'Exists']));
  } else if (value !== '') {
    // Kubernetes shows its inner type here, whose fields are capitalized.
    const shown = {
      Key: key,
      Operator: operator,
      Value: value,
      Effect: effect,
      TolerationSeconds: toleration.tolerationSeconds ?? null,
    };
    errors.push(invalidValue(`${path}.operator`, shown, "value must be empty when `operator` is 'Exists'"));
  }
  return effect === '' ? errors : [...errors, ...validateTaintEffect(effect, `${path}.effect`)];
}

export function validateTaintEffect(effect: string, path: string): FieldError[] {
  return oneOf(path, effect, TAINT_EFFECTS);
}

export function validateTopologySpread(
  constraints: DeepReadonly<TopologySpreadConstraint[]>,
  path: string,
): FieldError[] {
  const pairs = constraints.map(({ topologyKey, whenUnsatisfiable }) => `{${topologyKey}, ${whenUnsatisfiable}}`);
  return constraints.flatMap((constraint, i) => {
    const errors = validateConstraint(constraint, `${path}[${i}]`);
    const pair = pairs[i] ?? '';
    // The earlier of two alike is the one that is named.
    if (pairs.includes(pair, i + 1)) errors.push(duplicate(`${path}[${i}].{topologyKey, whenUnsatisfiable}`, pair));
    return errors;
  });
}

function validateConstraint(constraint: DeepReadonly<TopologySpreadConstraint>, path: string): FieldError[] {
  const { maxSkew = 0, topologyKey = '', whenUnsatisfiable = '', minDomains } = constraint;
  const errors: FieldError[] = [];
  if (maxSkew <= 0) errors.push(invalidValue(`${path}.maxSkew`, maxSkew, 'must be greater than zero'));
  if (topologyKey === '') errors.push(required(`${path}.topologyKey`, 'can not be empty'));
  else errors.push(...validateLabelKey(topologyKey, `${path}.topologyKey`));
  if (whenUnsatisfiable !== 'DoNotSchedule' && whenUnsatisfiable !== 'ScheduleAnyway') {
    errors.push(notSupported(`${path}.whenUnsatisfiable`, whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway']));
  }
  if (minDomains !== undefined && minDomains <= 0) {
    errors.push(invalidValue(`${path}.minDomains`, minDomains, 'must be greater than 0'));
  }
  if (minDomains !== undefined && whenUnsatisfiable !== 'DoNotSchedule') {
    const text = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
    errors.push(invalidValue(`${path}.minDomains`, minDomains, text));
  }
  return [
    ...errors,
    ...optionalOneOf(`${path}.nodeAffinityPolicy`, constraint.nodeAffinityPolicy, ['Honor', 'Ignore']),
    ...optionalOneOf(`${path}.nodeTaintsPolicy`, constraint.nodeTaintsPolicy, ['Honor', 'Ignore']),
    ...validateLabelSelector(constraint.labelSelector, `${path}.labelSelector`),
  ];
}

export function validateSchedulingGates(gates: DeepReadonly<PodSchedulingGate[]>, path: string): FieldError[] {
  const names = new Set<string>();
  return gates.flatMap(({ name = '' }, i) => {
    const errors = invalidEach(`${path}[${i}]`, name, checkQualifiedName(name));
    if (names.has(name)) errors.push(duplicate(`${path}[${i}]`, name));
    names.add(name);
    return errors;
  });
}

import type { FieldError } from '../errors.js';
import type { Condition } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { duplicate, invalidEach, invalidValue, notSupported, required, tooLong } from './field-error.js';
import { byteLength, checkQualifiedName, patternText } from './names.js';

const MAX_REASON_BYTES = 1024;
const MAX_MESSAGE_BYTES = 32 * 1024;
const REASON = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const REASON_TEXT =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'";
const REASON_EXAMPLES = ['my_name', 'MY_NAME', 'MyName', 'ReasonA,ReasonB', 'ReasonA:ReasonB'];

/** Conditions of the common type (meta/v1), one a type. */
export function validateConditions(conditions: DeepReadonly<Condition[]>, path: string): FieldError[] {
  const seen = new Set<string>();
  return conditions.flatMap((condition, i) => {
    const repeated = seen.has(condition.type) ? [duplicate(`${path}[${i}].type`, condition.type)] : [];
    seen.add(condition.type);
    return [...repeated, ...validateCondition(condition, `${path}[${i}]`)];
  });
}

function validateCondition(condition: DeepReadonly<Condition>, path: string): FieldError[] {
  const { type = '', status = '', observedGeneration = 0, lastTransitionTime, reason = '', message = '' } = condition;
  const errors = invalidEach(`${path}.type`, type, checkQualifiedName(type));
  const supported = ['False', 'True', 'Unknown'];
  if (!supported.includes(status)) errors.push(notSupported(`${path}.status`, status, supported));
  if (observedGeneration < 0) {
    const text = 'must be greater than or equal to zero';
    errors.push(invalidValue(`${path}.observedGeneration`, observedGeneration, text));
  }
  if (!lastTransitionTime) errors.push(required(`${path}.lastTransitionTime`, 'must be set'));
  if (reason === '') errors.push(required(`${path}.reason`, 'must be set'));
  else if (!new RegExp(`^${REASON}$`).test(reason)) {
    errors.push(invalidValue(`${path}.reason`, reason, patternText(REASON_TEXT, REASON, ...REASON_EXAMPLES)));
  }
  if (byteLength(reason) > MAX_REASON_BYTES) errors.push(tooLong(`${path}.reason`, MAX_REASON_BYTES));
  if (byteLength(message) > MAX_MESSAGE_BYTES) errors.push(tooLong(`${path}.message`, MAX_MESSAGE_BYTES));
  return errors;
}

import type { FieldError } from '../../errors.js';
import type { EnvFromSource, EnvVar } from '../../generated/types.js';
import type { DeepReadonly } from '../../object.js';
import { invalidEach, invalidValue, required } from '../field-error.js';
import { checkConfigKey, checkEnvVarName } from '../names.js';
import { requiredText } from '../values.js';
import { ENV_FIELDS, validateFieldRef, validateResourceFieldRef } from './field-selector.js';

export function validateEnv(env: DeepReadonly<EnvVar[]>, path: string): FieldError[] {
  return env.flatMap((variable, i) => {
    const name = variable.name ?? '';
    const namePath = `${path}[${i}].name`;
    return [
      ...(name === '' ? [required(namePath)] : invalidEach(namePath, name, checkEnvVarName(name))),
      ...validateValueFrom(variable, `${path}[${i}].valueFrom`),
    ];
  });
}

function validateValueFrom({ value = '', valueFrom }: DeepReadonly<EnvVar>, path: string): FieldError[] {
  if (valueFrom === undefined) return [];
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  const errors: FieldError[] = [];
  if (fieldRef) errors.push(...validateFieldRef(fieldRef, ENV_FIELDS, `${path}.fieldRef`));
  if (resourceFieldRef) {
    errors.push(...validateResourceFieldRef(resourceFieldRef, `${path}.resourceFieldRef`, false));
  }
  if (configMapKeyRef) errors.push(...validateKeySelector(configMapKeyRef, `${path}.configMapKeyRef`));
  if (secretKeyRef) errors.push(...validateKeySelector(secretKeyRef, `${path}.secretKeyRef`));
  const sources = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef].filter(Boolean).length;
  if (sources === 0) {
    const text = 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`';
    errors.push(invalidValue(path, '', text));
  }
  if (value !== '' && sources > 0) {
    errors.push(invalidValue(path, '', 'may not be specified when `value` is not empty'));
  } else if (sources > 1) {
    errors.push(invalidValue(path, '', 'may not have more than one field specified at a time'));
  }
  return errors;
}

function validateKeySelector(selector: { readonly name?: string; readonly key?: string }, path: string): FieldError[] {
  const { key = '' } = selector;
  return [
    ...requiredText(`${path}.name`, selector.name),
    ...(key === '' ? [required(`${path}.key`)] : invalidEach(`${path}.key`, key, checkConfigKey(key))),
  ];
}

export function validateEnvFrom(sources: DeepReadonly<EnvFromSource[]>, path: string): FieldError[] {
  return sources.flatMap(({ prefix = '', configMapRef, secretRef }, i) => {
    const errors: FieldError[] = [];
    if (prefix !== '') errors.push(...invalidEach(`${path}[${i}].prefix`, prefix, checkEnvVarName(prefix)));
    if (configMapRef) errors.push(...requiredText(`${path}[${i}].configMapRef.name`, configMapRef.name));
    if (secretRef) errors.push(...requiredText(`${path}[${i}].secretRef.name`, secretRef.name));
    if (!configMapRef && !secretRef) {
      errors.push(invalidValue(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    } else if (configMapRef && secretRef) {
      errors.push(invalidValue(path, '', 'may not have more than one field specified at a time'));
    }
    return errors;
  });
}

import type { FieldError } from '../errors.js';
import type { ConfigMap, Secret } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { forbidden, invalidEach, invalidValue, required, tooLong } from './field-error.js';
import { byteLength, checkConfigKey } from './names.js';
import { immutableField, immutableOnceSet } from './values.js';

type Data = Readonly<Record<string, string>>;

/** All values of a ConfigMap or Secret together. */
export const MAX_DATA_BYTES = 1024 * 1024;

export function validateConfigMap({ data = {}, binaryData = {} }: DeepReadonly<ConfigMap>): FieldError[] {
  const errors = [
    ...validateKeys(data, 'data', binaryData, 'binaryData'),
    ...validateKeys(binaryData, 'binaryData', data, 'data'),
  ];
  const bytes = sum(Object.values(data).map(byteLength)) + sum(Object.values(binaryData).map(decodedLength));
  // The error is of the whole object; Kubernetes prints its path so.
  if (bytes > MAX_DATA_BYTES) errors.push(tooLong('[]', MAX_DATA_BYTES));
  return errors;
}

function validateKeys(data: Data, path: string, other: Data, otherPath: string): FieldError[] {
  return Object.keys(data).flatMap((key) => {
    const errors = invalidEach(`${path}[${key}]`, key, checkConfigKey(key));
    if (Object.hasOwn(other, key)) {
      errors.push(invalidValue(`${path}[${key}]`, key, `duplicate of key present in ${otherPath}`));
    }
    return errors;
  });
}

export function validateConfigMapUpdate(
  configMap: DeepReadonly<ConfigMap>,
  old: DeepReadonly<ConfigMap>,
): FieldError[] {
  if (old.immutable !== true) return [];
  return [
    ...validateStaysImmutable(configMap.immutable),
    ...immutableOnceSet('data', configMap.data, old.data),
    ...immutableOnceSet('binaryData', configMap.binaryData, old.binaryData),
  ];
}

function validateStaysImmutable(immutable: boolean | undefined): FieldError[] {
  return immutable === true ? [] : [forbidden('immutable', 'field is immutable when `immutable` is set')];
}

const SERVICE_ACCOUNT_ANNOTATION = 'kubernetes.io/service-account.name';

/** Which keys each type of Secret must have. */
const REQUIRED_KEYS: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
};

export function validateSecret(secret: DeepReadonly<Secret>): FieldError[] {
  const { data = {}, type = '' } = secret;
  const errors = Object.keys(data).flatMap((key) => invalidEach(`data[${key}]`, key, checkConfigKey(key)));
  if (sum(Object.values(data).map(decodedLength)) > MAX_DATA_BYTES) errors.push(tooLong('data', MAX_DATA_BYTES));
  if (type === 'kubernetes.io/service-account-token' && !secret.metadata?.annotations?.[SERVICE_ACCOUNT_ANNOTATION]) {
    errors.push(required(`metadata.annotations[${SERVICE_ACCOUNT_ANNOTATION}]`));
  }
  if (type === 'kubernetes.io/basic-auth' && data.username === undefined && data.password === undefined) {
    errors.push(required('data[username]'), required('data[password]'));
  }
  for (const key of (Object.hasOwn(REQUIRED_KEYS, type) && REQUIRED_KEYS[type]) || []) {
    const isEmptySsh = key === 'ssh-privatekey' && data[key] === '';
    if (data[key] === undefined || isEmptySsh) errors.push(required(`data[${key}]`));
    else if (key.startsWith('.docker')) errors.push(...validateJson(data[key], `data[${key}]`));
  }
  return errors;
}

/** The parser's words are Go's for the two usual cases: nothing there, and no JSON at all. */
function validateJson(base64: string, path: string): FieldError[] {
  const text = Buffer.from(base64, 'base64').toString();
  try {
    JSON.parse(text);
    return [];
  } catch {
    const first = text.trimStart().charAt(0);
    const why =
      first === '' || '{['.includes(first)
        ? 'unexpected end of JSON input'
        : `invalid character '${first}' looking for beginning of value`;
    return [invalidValue(path, '<secret contents redacted>', why)];
  }
}

export function validateSecretUpdate(secret: DeepReadonly<Secret>, old: DeepReadonly<Secret>): FieldError[] {
  const errors = immutableField('type', secret.type, old.type);
  if (old.immutable !== true) return errors;
  return [...errors, ...validateStaysImmutable(secret.immutable), ...immutableOnceSet('data', secret.data, old.data)];
}

/** Bytes that a base64 text stands for. */
function decodedLength(base64: string): number {
  return Buffer.byteLength(base64, 'base64');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

import type { FieldError } from '../../errors.js';
import type { ObjectFieldSelector, ResourceFieldSelector } from '../../generated/types.js';
import type { DeepReadonly } from '../../object.js';
import { canonicalQuantity } from '../../quantity/quantity.js';
import { invalidEach, invalidValue, notSupported, required } from '../field-error.js';
import { checkQualifiedName } from '../names.js';
import { requiredText } from '../values.js';
import { validateQuantity } from './resources.js';

/** Fields of the pod that an environment variable may take its value from. */
export const ENV_FIELDS: readonly string[] = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

/** Fields of the pod that a file of a downwardAPI volume may show. */
export const VOLUME_FIELDS: readonly string[] = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

const READABLE_FIELDS = new Set([
  ...ENV_FIELDS,
  ...VOLUME_FIELDS,
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
]);

const RESOURCE_FIELDS: readonly string[] = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const BYTE_DIVISORS = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

/** A fieldRef; `fields` are those that may be named without a subscript. */
export function validateFieldRef(
  selector: DeepReadonly<ObjectFieldSelector>,
  fields: readonly string[],
  path: string,
): FieldError[] {
  const { apiVersion = '', fieldPath = '' } = selector;
  if (apiVersion === '') return [required(`${path}.apiVersion`)];
  if (fieldPath === '') return [required(`${path}.fieldPath`)];
  const conversion = (why: string): FieldError[] => [
    invalidValue(`${path}.fieldPath`, fieldPath, `error converting fieldPath: ${why}`),
  ];
  if (apiVersion !== 'v1') return conversion(`unsupported pod version: ${apiVersion}`);
  const [, whole = '', key = ''] = /^(.*)\['(.*)'\]$/.exec(fieldPath) ?? [];
  if (whole !== '') {
    if (whole !== 'metadata.labels' && whole !== 'metadata.annotations') {
      return conversion(`field label does not support subscript: ${fieldPath}`);
    }
    return invalidEach(path, key, checkQualifiedName(whole === 'metadata.annotations' ? key.toLowerCase() : key));
  }
  if (!READABLE_FIELDS.has(fieldPath)) return conversion(`field label not supported: ${fieldPath}`);
  return fields.includes(fieldPath) ? [] : [notSupported(`${path}.fieldPath`, fieldPath, fields)];
}

/** A resourceFieldRef. In a volume the container must be named. */
export function validateResourceFieldRef(
  selector: DeepReadonly<ResourceFieldSelector>,
  path: string,
  inVolume: boolean,
): FieldError[] {
  const { containerName = '', resource = '' } = selector;
  if (inVolume && containerName === '') return [required(`${path}.containerName`)];
  if (resource === '') return requiredText(`${path}.resource`, resource);
  const isKnown = RESOURCE_FIELDS.includes(resource) || /^(requests|limits)\.hugepages-/.test(resource);
  const errors = isKnown ? [] : [notSupported(`${path}.resource`, resource, RESOURCE_FIELDS)];
  return [...errors, ...validateDivisor(resource, selector.divisor ?? '0', `${path}.divisor`)];
}

function validateDivisor(resource: string, divisor: string, path: string): FieldError[] {
  return validateQuantity(divisor, path, ({ nano }) => {
    if (nano === 0n) return [];
    const text = canonicalQuantity(divisor);
    const isCpu = resource.endsWith('.cpu');
    const supported = isCpu ? ['1m', '1'] : BYTE_DIVISORS;
    if (supported.includes(text)) return [];
    const what = isCpu ? 'cpu' : resource.endsWith('.memory') ? 'memory' : 'local ephemeral storage';
    const values = isCpu ? '1m and 1' : BYTE_DIVISORS.join(', ');
    return [invalidValue(path, resource, `only divisor's values ${values} are supported with the ${what} resource`)];
  });
}

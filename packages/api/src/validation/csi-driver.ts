import type { FieldError } from '../errors.js';
import type { CSIDriver, StorageTokenRequest } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { duplicate, invalidValue, notSupported, required } from './field-error.js';
import { immutableField, optionalOneOf } from './values.js';

const FS_GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType'];
const LIFECYCLE_MODES = ['Persistent', 'Ephemeral'];
const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;
const MIN_UPDATE_PERIOD_SECONDS = 10;

export function validateCsiDriver({ spec = {} }: DeepReadonly<Partial<CSIDriver>>): FieldError[] {
  const { attachRequired, podInfoOnMount, storageCapacity, nodeAllocatableUpdatePeriodSeconds: period } = spec;
  const errors: FieldError[] = [];
  // The path is Kubernetes' own.
  if (attachRequired === undefined) errors.push(required('spec.attachedRequired'));
  if (podInfoOnMount === undefined) errors.push(required('spec.podInfoOnMount'));
  if (storageCapacity === undefined) errors.push(required('spec.storageCapacity'));
  errors.push(...optionalOneOf('spec.fsGroupPolicy', spec.fsGroupPolicy, FS_GROUP_POLICIES));
  errors.push(...validateTokenRequests(spec.tokenRequests ?? [], 'spec.tokenRequests'));
  for (const mode of spec.volumeLifecycleModes ?? []) {
    if (!LIFECYCLE_MODES.includes(mode)) errors.push(notSupported('spec.volumeLifecycleModes', mode, LIFECYCLE_MODES));
  }
  if (spec.seLinuxMount === undefined) errors.push(required('spec.seLinuxMount'));
  if (period !== undefined && period < MIN_UPDATE_PERIOD_SECONDS) {
    const text = 'must be greater than or equal to 10 seconds';
    errors.push(invalidValue('spec.nodeAllocatableUpdatePeriodSeconds', period, text));
  }
  return errors;
}

function validateTokenRequests(requests: DeepReadonly<Partial<StorageTokenRequest>[]>, path: string): FieldError[] {
  const audiences = new Set<string>();
  return requests.flatMap(({ audience = '', expirationSeconds: seconds }, i) => {
    const at = `${path}[${i}].expirationSeconds`;
    if (audiences.has(audience)) return [duplicate(`${path}[${i}].audience`, audience)];
    audiences.add(audience);
    if (seconds === undefined) return [];
    if (seconds < MIN_TOKEN_SECONDS) {
      return [invalidValue(at, seconds, 'may not specify a duration less than 10 minutes')];
    }
    return seconds > MAX_TOKEN_SECONDS
      ? [invalidValue(at, seconds, 'may not specify a duration larger than 2^32 seconds')]
      : [];
  });
}

export function validateCsiDriverUpdate(driver: DeepReadonly<CSIDriver>, old: DeepReadonly<CSIDriver>): FieldError[] {
  return [
    ...immutableField('spec.attachedRequired', driver.spec?.attachRequired, old.spec?.attachRequired),
    ...immutableField('spec.volumeLifecycleModes', driver.spec?.volumeLifecycleModes, old.spec?.volumeLifecycleModes),
  ];
}

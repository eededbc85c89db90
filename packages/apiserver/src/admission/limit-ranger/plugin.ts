import {
  type LimitRange,
  limitRanges,
  type Persisted,
  type PersistentVolumeClaim,
  type Pod,
  persistentVolumeClaims,
  pods,
} from '@kubelab/api';
import type { Storage } from '../../storage/storage.js';
import type { AdmissionPlugin, AdmissionRequest } from '../admission.js';
import { forbiddenObject } from '../forbidden-object.js';
import { namespaceObjects } from '../namespace-objects.js';
import { claimLimitErrors, podLimitErrors, setLimitDefaults } from './limits.js';

/** Pods and claims keep within the LimitRanges of their namespace, which also say what a container gets that asks for nothing. */
export function limitRanger(storage: Storage): AdmissionPlugin {
  const inNamespace = namespaceObjects<LimitRange>(storage.forResource(limitRanges));
  return {
    name: 'LimitRanger',
    admit(request) {
      if (!isNewPod(request)) return;
      for (const range of inNamespace(request.key.namespace)) setLimitDefaults(range, request.object as Pod);
    },
    validate(request) {
      if (isNewPod(request) || isResize(request)) {
        return check(request, inNamespace(request.key.namespace), (range) =>
          podLimitErrors(range, request.object as Pod),
        );
      }
      if (!isClaim(request)) return;
      return check(request, inNamespace(request.key.namespace), (range) =>
        claimLimitErrors(range, request.object as PersistentVolumeClaim),
      );
    },
  };
}

function check(
  { resource, key }: AdmissionRequest,
  ranges: readonly Persisted<LimitRange>[],
  errorsOf: (range: LimitRange) => string[],
): void {
  for (const range of ranges) {
    const errors = errorsOf(range);
    const why = errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`;
    if (errors.length > 0) throw forbiddenObject(resource, key.name, why ?? '');
  }
}

function isPod({ resource }: AdmissionRequest): boolean {
  return resource.group === '' && resource.plural === pods.plural;
}

function isNewPod(request: AdmissionRequest): boolean {
  return isPod(request) && request.operation === 'CREATE' && request.subresource === '';
}

function isResize(request: AdmissionRequest): boolean {
  return isPod(request) && request.operation === 'UPDATE' && request.subresource === 'resize';
}

function isClaim({ resource, subresource, operation }: AdmissionRequest): boolean {
  if (resource.group !== '' || resource.plural !== persistentVolumeClaims.plural) return false;
  return subresource === '' && operation !== 'DELETE';
}

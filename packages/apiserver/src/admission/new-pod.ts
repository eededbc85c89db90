import { type Pod, pods } from '@kubelab/api';
import type { AdmissionRequest } from './admission.js';

/** On the API's copy of a pod that a kubelet runs from a file. */
export const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

/** The pod that a request creates; undefined for every other request. */
export function newPod(request: AdmissionRequest): Pod | undefined {
  return request.operation === 'CREATE' ? writtenPod(request) : undefined;
}

/** The pod that a request creates or changes as a whole; undefined for every other request. */
export function writtenPod({ resource, subresource, operation, object }: AdmissionRequest): Pod | undefined {
  const isPod = resource.plural === pods.plural && resource.group === '' && subresource === '';
  return isPod && operation !== 'DELETE' ? (object as Pod) : undefined;
}

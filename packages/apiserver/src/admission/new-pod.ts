import { type Pod, pods } from '@kubelab/api';
import type { AdmissionRequest } from './admission.js';

/** On the API's copy of a pod that a kubelet runs from a file. */
export const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

/** The pod that a request creates; undefined for every other request. */
export function newPod(request: AdmissionRequest): Pod | undefined {
  const { resource, subresource, operation } = request;
  if (operation !== 'CREATE' || subresource !== '' || resource.plural !== pods.plural || resource.group !== '')
    return undefined;
  return request.object as Pod;
}

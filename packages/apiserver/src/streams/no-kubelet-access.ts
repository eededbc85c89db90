import { ApiError } from '@kubelab/api';
import type { StreamHandlers } from './stream-handlers.js';

/** For a server that was given no certificate to show to kubelets. */
export function noKubeletAccess(): StreamHandlers {
  const refuse = async () => {
    throw new ApiError(
      'ServiceUnavailable',
      'this apiserver has no credentials for kubelets: --kubelet-client-cert-file is not set',
    );
  };
  return { serve: refuse, upgrade: refuse, connectPod: refuse, nodeStats: refuse };
}

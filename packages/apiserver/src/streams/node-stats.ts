import type { KubeletConnections } from './kubelet/kubelet-connections.js';
import { fromKubelet } from './kubelet/kubelet-error.js';

/** Kubernetes' stats/summary of a node, as its kubelet tells it. @throws ApiError */
export async function nodeStats(kubelets: KubeletConnections, nodeName: string, signal: AbortSignal): Promise<Buffer> {
  const { client, release } = await kubelets.connect(nodeName, signal);
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      const call = client.stats({}, (error, response) => {
        signal.removeEventListener('abort', cancel);
        if (error) reject(signal.aborted ? signal.reason : fromKubelet(error));
        else resolve(response?.summary ?? Buffer.alloc(0));
      });
      const cancel = () => call.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      if (signal.aborted) cancel();
    });
  } finally {
    release();
  }
}

import { setMaxListeners } from 'node:events';
import { ApiError, type Node } from '@kubelab/api';
import type { TlsMaterial, Tracer } from '@kubelab/runtime';
import type { Logger } from 'pino';
import { createKubeletConnections } from './kubelet/kubelet-connections.js';
import { nodeStats } from './node-stats.js';
import { connectPod } from './pod-connection.js';
import { serveLog } from './serve-log.js';
import type { StreamHandlers, StreamRequest } from './stream-handlers.js';
import type { Upgrade, UpgradeDependencies } from './upgrade.js';
import { upgradeLog } from './upgrade-log.js';
import { upgradePortForward } from './upgrade-port-forward.js';
import { upgradeRemoteCommand } from './upgrade-remote-command.js';

export interface StreamHandlersOptions {
  /** @throws ApiError NotFound */
  readonly findNode: (name: string) => Promise<Node>;
  /** What is shown to kubelets, and the authority that theirs must be signed by. */
  readonly tls: TlsMaterial;
  readonly tracer: Tracer;
  readonly log: Logger;
  /** Everything under way ends when it aborts. */
  readonly stopping: AbortSignal;
}

const UPGRADES = {
  log: upgradeLog,
  exec: upgradeRemoteCommand,
  attach: upgradeRemoteCommand,
  portforward: upgradePortForward,
};

/** Carries log, exec, attach and portforward to the kubelet of the pod's node, over gRPC with mutual TLS. */
export function createStreamHandlers({ findNode, tls, tracer, log, stopping }: StreamHandlersOptions): StreamHandlers {
  const kubelets = createKubeletConnections({ findNode, tls, stopping });
  const dependencies: UpgradeDependencies = { kubelets, log };

  function traced(request: StreamRequest, work: (request: StreamRequest) => Promise<void>): Promise<void> {
    const { subresource, pod, trace } = request;
    const attributes = { pod: `${pod.metadata.namespace}/${pod.metadata.name}` };
    return tracer.span(`pods/${subresource}`, { parent: trace, attributes }, ({ context }) =>
      work({ ...request, trace: context ?? trace }),
    );
  }

  return {
    serve(request, _message, response) {
      if (request.subresource === 'log') {
        return traced(request, (inner) => serveLog(inner, kubelets, response, stopping));
      }
      return Promise.reject(new ApiError('BadRequest', 'Upgrade request required'));
    },
    upgrade(request, message, socket, head) {
      return traced(request, (inner) => {
        const signal = AbortSignal.any([request.signal, stopping]);
        // A port-forward has a call a connection, and each listens.
        setMaxListeners(0, signal);
        const upgrade: Upgrade = { request: inner, message, socket, head, signal };
        return UPGRADES[request.subresource](upgrade, dependencies);
      });
    },
    connectPod: (port) => connectPod(kubelets, port),
    nodeStats: (nodeName, signal) => nodeStats(kubelets, nodeName, signal),
  };
}

import { ApiError } from '@kubelab/api';
import type { ComponentContext } from '@kubelab/runtime';
import { createNodeServer } from '../server/node-server.js';
import type { HollowParts } from './hollow-node.js';
import type { HollowOptions } from './options.js';

/** One service for the nodes of the process: a pod's uid says whose it is. */
export async function runHollowServer(
  options: HollowOptions,
  { engine, pods, clock }: HollowParts,
  { log, tracer }: Pick<ComponentContext, 'log' | 'tracer'>,
  signal: AbortSignal,
): Promise<void> {
  const { nodeIp, port, servingCertFile, servingKeyFile, clientCaFile } = options;
  if (port === 0 || !servingCertFile || !servingKeyFile || !clientCaFile) {
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }
  const server = createNodeServer({
    options: { nodeIp, port, servingCertFile, servingKeyFile, clientCaFile },
    runtime: engine,
    cache: engine,
    pods,
    summarize: async () => {
      throw new ApiError('MethodNotAllowed', 'hollow nodes use nothing, and have no statistics');
    },
    clock,
    tracer,
    log,
  });
  await server.run(signal);
}

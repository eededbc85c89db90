import { nodes } from '@kubelab/api';
import { readTlsMaterial, type Tracer } from '@kubelab/runtime';
import type { Logger } from 'pino';
import { getObject } from '../registry/get.js';
import type { Registry } from '../registry/registry.js';
import { createStreamHandlers } from './create-stream-handlers.js';
import { noKubeletAccess } from './no-kubelet-access.js';
import type { StreamHandlers } from './stream-handlers.js';

export interface KubeletAccessOptions {
  readonly clientCaFile: string;
  readonly kubeletClientCertFile: string | undefined;
  readonly kubeletClientKeyFile: string | undefined;
}

export interface KubeletAccessDependencies {
  readonly registry: Registry;
  readonly tracer: Tracer;
  readonly log: Logger;
  readonly stopping: AbortSignal;
}

/** The way to kubelets that the options give: with a certificate to show, or none. Rejects for files that cannot be read. */
export async function kubeletAccess(
  { clientCaFile, kubeletClientCertFile, kubeletClientKeyFile }: KubeletAccessOptions,
  { registry, ...rest }: KubeletAccessDependencies,
): Promise<StreamHandlers> {
  if (kubeletClientCertFile === undefined || kubeletClientKeyFile === undefined) return noKubeletAccess();
  const tls = await readTlsMaterial({
    caFile: clientCaFile,
    certFile: kubeletClientCertFile,
    keyFile: kubeletClientKeyFile,
  });
  const scope = registry.scope(nodes);
  return createStreamHandlers({
    ...rest,
    tls,
    // The cache is near enough: a node does not change its address under way.
    findNode: async (name) => (await getObject(scope, { namespace: '', name }, '0')).object,
  });
}

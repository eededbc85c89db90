import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { ApiError, type Node } from '@kubelab/api';
import { formatHostPort } from '@kubelab/runtime';

/** Where a node's kubelet serves, and who it must prove to be. */
export interface KubeletEndpoint {
  readonly nodeName: string;
  readonly host: string;
  /** `HOST:PORT` */
  readonly address: string;
}

const DEFAULT_KUBELET_PORT = 10_250;

/** @throws ApiError for a node that has not told its address */
export function kubeletEndpoint(node: Node): KubeletEndpoint {
  const { addresses = [], daemonEndpoints } = node.status ?? {};
  const host = addresses.find(({ type }) => type === 'InternalIP')?.address;
  if (host === undefined || isIP(host) === 0) {
    const known = addresses.map(({ type, address }) => `{${type} ${address}}`).join(' ');
    throw new ApiError('InternalError', `no preferred addresses found; known addresses: [${known}]`);
  }
  const port = daemonEndpoints?.kubeletEndpoint?.Port || DEFAULT_KUBELET_PORT;
  return { nodeName: node.metadata?.name ?? '', host, address: formatHostPort(host, port) };
}

/**
 * A kubelet's certificate is the node's own (CN `system:node:NAME`) or is for
 * its address or its name. Its authority is the handshake's matter.
 */
export function checkKubeletIdentity(
  { nodeName, host }: Pick<KubeletEndpoint, 'nodeName' | 'host'>,
  certificate: PeerCertificate,
): Error | undefined {
  if (certificate.subject?.CN === `system:node:${nodeName}`) return undefined;
  const wrongAddress = checkServerIdentity(host, certificate);
  if (wrongAddress === undefined) return undefined;
  return checkServerIdentity(nodeName, certificate) === undefined ? undefined : wrongAddress;
}

import type { Cluster } from './cluster.js';

/** A certificate that the cluster needs: pki/NAME.crt and pki/NAME.key. */
export interface WantedCertificate {
  readonly name: string;
  /** Whose signature: the cluster's authority, or etcd's, which only the apiserver and etcd trust. */
  readonly authority: 'ca' | 'etcd-ca';
  readonly commonName: string;
  readonly organizations?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly usages: readonly ('client' | 'server')[];
}

/** User and group of the process of hollow nodes. */
const HOLLOW_IDENTITY = 'system:kubelab:hollow';
/** The first address of 10.96.0.0/12: the `kubernetes` Service in `default`. */
const KUBERNETES_SERVICE = '10.96.0.1';

/** One identity for each component and node; names and groups are Kubernetes' own (its "Node authorization" and RBAC). */
export function planCertificates(
  cluster: Pick<Cluster, 'network' | 'nodes' | 'hollow'>,
  extraNames: readonly string[] = [],
): WantedCertificate[] {
  return [
    ...etcdCertificates(extraNames),
    {
      name: 'apiserver',
      authority: 'ca',
      commonName: 'kube-apiserver',
      dnsNames: [
        'localhost',
        'kubernetes',
        'kubernetes.default',
        'kubernetes.default.svc',
        'kubernetes.default.svc.cluster.local',
        ...extraNames,
      ],
      ipAddresses: [KUBERNETES_SERVICE, '127.0.0.1', cluster.network.gateway],
      usages: ['server'],
    },
    client('apiserver-kubelet-client', 'system:apiserver-kubelet-client'),
    client('admin', 'kubernetes-admin', ['system:masters']),
    client('scheduler', 'system:kube-scheduler'),
    client('controller-manager', 'system:kube-controller-manager'),
    ...cluster.nodes.flatMap(({ name, address }) => nodeCertificates(name, address)),
    ...(cluster.hollow ? hollowCertificates(cluster.network.gateway) : []),
  ];
}

/** The certificates of one node, by the names that its agents' flags use. */
export function nodeCertificateNames(node: string): { kubelet: string; kubeletServing: string; proxy: string } {
  return { kubelet: `kubelet-${node}`, kubeletServing: `kubelet-${node}-serving`, proxy: `proxy-${node}` };
}

function nodeCertificates(node: string, address: string): WantedCertificate[] {
  const names = nodeCertificateNames(node);
  return [
    client(names.kubelet, `system:node:${node}`, ['system:nodes']),
    {
      name: names.kubeletServing,
      authority: 'ca',
      commonName: `system:node:${node}`,
      organizations: ['system:nodes'],
      dnsNames: [node],
      ipAddresses: [address],
      usages: ['server'],
    },
    client(names.proxy, 'system:kube-proxy', ['system:node-proxier']),
  ];
}

/** No node's own: RBAC lets this identity act for many, and NodeRestriction does not hold it to one. */
function hollowCertificates(address: string): WantedCertificate[] {
  const identity = { commonName: HOLLOW_IDENTITY, organizations: [HOLLOW_IDENTITY] };
  return [
    client('hollow', identity.commonName, identity.organizations),
    { name: 'hollow-serving', authority: 'ca', ...identity, ipAddresses: [address], usages: ['server'] },
  ];
}

function etcdCertificates(extraNames: readonly string[]): WantedCertificate[] {
  return [
    {
      name: 'etcd-server',
      authority: 'etcd-ca',
      commonName: 'etcd',
      dnsNames: ['localhost', ...extraNames],
      ipAddresses: ['127.0.0.1'],
      // A member is its peers' client too.
      usages: ['server', 'client'],
    },
    { name: 'etcd-client', authority: 'etcd-ca', commonName: 'kube-apiserver-etcd-client', usages: ['client'] },
  ];
}

function client(name: string, commonName: string, organizations: readonly string[] = []): WantedCertificate {
  return { name, authority: 'ca', commonName, organizations, usages: ['client'] };
}

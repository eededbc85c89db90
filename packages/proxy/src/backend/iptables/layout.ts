import type { BackendOptions } from '../backend.js';

export const SERVICES = 'nat KUBELAB-SERVICES';
export const NODE_PORTS = 'nat KUBELAB-NODEPORTS';
export const INTERNAL_NODE_PORTS = 'nat KUBELAB-INTERNAL';
export const REFUSED = 'filter KUBELAB-REFUSED';
export const REFUSED_NODE_PORTS = 'filter KUBELAB-REFUSED-PORTS';
export const CLUSTER_ADDRESSES = 'filter KUBELAB-CLUSTER-IPS';

/** `table chain`; each rule in them is one element, known by the hash in its comment. */
export const CONTAINERS: readonly string[] = [
  SERVICES,
  NODE_PORTS,
  INTERNAL_NODE_PORTS,
  REFUSED,
  REFUSED_NODE_PORTS,
  CLUSTER_ADDRESSES,
];

export const MASQUERADE_CHAIN = 'KUBELAB-MARK-MASQ';
export const REFUSE_CHAIN = 'KUBELAB-REFUSE';
const MARK = '0x4000/0x4000';
const LOCAL = '-m addrtype --dst-type LOCAL ! -d 127.0.0.0/8';

export interface Layout {
  /** Chain → its fixed rules. */
  readonly chains: Readonly<Record<string, readonly string[]>>;
  /** Built-in chain → the jumps at its head. */
  readonly jumps: Readonly<Record<string, readonly string[]>>;
}

/** The chains that are always there, by table. */
export function layout({ clusterCidr, serviceCidr }: BackendOptions): Readonly<Record<'nat' | 'filter', Layout>> {
  return {
    nat: {
      chains: {
        'KUBELAB-PORTALS': [
          `-d ${serviceCidr} ! -s ${clusterCidr} -j ${MASQUERADE_CHAIN}`,
          '-j KUBELAB-SERVICES',
          `${LOCAL} -s ${clusterCidr} -j KUBELAB-INTERNAL`,
          `${LOCAL} -j KUBELAB-NODEPORTS`,
        ],
        'KUBELAB-SERVICES': [],
        'KUBELAB-NODEPORTS': [],
        'KUBELAB-INTERNAL': [],
        [MASQUERADE_CHAIN]: [`-j MARK --set-xmark ${MARK}`],
        'KUBELAB-POSTROUTING': [
          `-m mark ! --mark ${MARK} -j RETURN`,
          '-j MARK --set-xmark 0x0/0x4000',
          '-j MASQUERADE --random-fully',
        ],
      },
      jumps: {
        PREROUTING: ['-j KUBELAB-PORTALS'],
        OUTPUT: ['-j KUBELAB-PORTALS'],
        POSTROUTING: ['-j KUBELAB-POSTROUTING'],
      },
    },
    filter: {
      chains: {
        // Only what no rule has sent to an endpoint still has a service's address here.
        'KUBELAB-UNSERVED': [
          '-j KUBELAB-REFUSED',
          `${LOCAL} -j KUBELAB-REFUSED-PORTS`,
          '-j KUBELAB-CLUSTER-IPS',
          `-d ${serviceCidr} -j DROP`,
        ],
        'KUBELAB-REFUSED': [],
        // A reset is not rate-limited, as the kernel's ICMP errors are.
        [REFUSE_CHAIN]: ['-p tcp -j REJECT --reject-with tcp-reset', '-j REJECT --reject-with icmp-port-unreachable'],
        'KUBELAB-REFUSED-PORTS': [],
        'KUBELAB-CLUSTER-IPS': [],
      },
      jumps: Object.fromEntries(
        ['INPUT', 'FORWARD', 'OUTPUT'].map((chain) => [chain, ['-m conntrack --ctstate NEW -j KUBELAB-UNSERVED']]),
      ),
    },
  };
}

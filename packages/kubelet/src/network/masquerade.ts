import { runWithInput } from './ip-command.js';

/** The table of the node's own rules; the proxy's are in tables of their own. */
const NODE_TABLE = 'kubelab-node';

/**
 * The node's rules for nft(8): traffic of its pods to anything but pods leaves
 * with the node's address, and with route_localnet on, loopback addresses are
 * for this node alone. Replaced as a whole, in one transaction.
 */
export function nodeRules(ownPodCidr: string, podCidrs: readonly string[]): string {
  return `add table ip ${NODE_TABLE}
delete table ip ${NODE_TABLE}
table ip ${NODE_TABLE} {
  set pod-cidrs {
    type ipv4_addr
    flags interval
    auto-merge
    elements = { ${[...new Set([ownPodCidr, ...podCidrs])].sort().join(', ')} }
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${ownPodCidr} ip daddr != @pod-cidrs ip daddr != 224.0.0.0/4 masquerade
  }
  chain input {
    type filter hook input priority filter; policy accept;
    ip daddr 127.0.0.0/8 ip saddr != 127.0.0.0/8 ct state != { established, related } ct status & dnat == 0 drop
  }
}
`;
}

/** Loads {@link nodeRules}. Rejects with nft's message. */
export async function loadNodeRules(rules: string, signal: AbortSignal): Promise<void> {
  await runWithInput('nft', ['-f', '-'], rules, signal);
}

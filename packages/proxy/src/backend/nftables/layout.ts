import { createHash } from 'node:crypto';
import type { BackendOptions } from '../backend.js';

export const TABLE = 'ip kubelab-services';

/** Set on connections whose source must become this node's, so that answers return through it. */
export const MASQUERADE_MARK = '0x4000';

const ADDRESS_KEY = 'ipv4_addr . inet_proto . inet_service';
const PORT_KEY = 'inet_proto . inet_service';
const ADDRESS_AND_PORT = 'ipv4_addr . inet_service';

/** Maps and sets whose elements are the services. No chain is per service: loading stays linear and fast. */
const MAPS: Readonly<Record<string, string>> = {
  services: `${ADDRESS_KEY} : verdict`,
  endpoints: `${ADDRESS_KEY} . mark : ${ADDRESS_AND_PORT}`,
  'node-ports': `${PORT_KEY} : verdict`,
  'node-port-endpoints': `${PORT_KEY} . mark : ${ADDRESS_AND_PORT}`,
  'node-ports-internal': `${PORT_KEY} : verdict`,
  'node-port-internal-endpoints': `${PORT_KEY} . mark : ${ADDRESS_AND_PORT}`,
  'no-endpoints': `${ADDRESS_KEY} : verdict`,
  'no-endpoint-node-ports': `${PORT_KEY} : verdict`,
};

const SETS: Readonly<Record<string, string>> = {
  'cluster-addresses': 'ipv4_addr',
  hairpin: 'ipv4_addr . ipv4_addr',
};

export const CONTAINERS: readonly string[] = [...Object.keys(MAPS), ...Object.keys(SETS)];

const DESTINATION = 'ip daddr . meta l4proto . th dport';
const LOCAL_PORT = 'fib daddr type local ip daddr != 127.0.0.0/8 meta l4proto . th dport';

function chains({ clusterCidr, serviceCidr }: BackendOptions): Readonly<Record<string, readonly string[]>> {
  return {
    // A reset is not rate-limited, as the kernel's ICMP errors are.
    refuse: ['meta l4proto tcp reject with tcp reset', 'reject'],
    dispatch: [
      `${DESTINATION} vmap @services`,
      `ip saddr ${clusterCidr} ${LOCAL_PORT} vmap @node-ports-internal`,
      `${LOCAL_PORT} vmap @node-ports`,
    ],
    // Only what no rule has sent to an endpoint still has a service's address here.
    'refuse-unserved': [
      `${DESTINATION} vmap @no-endpoints`,
      `${LOCAL_PORT} vmap @no-endpoint-node-ports`,
      'ip daddr @cluster-addresses goto refuse',
      `ip daddr ${serviceCidr} drop`,
    ],
    prerouting: ['{ type nat hook prerouting priority dstnat; }', 'jump dispatch'],
    // nft knows no name for this priority at this hook.
    output: ['{ type nat hook output priority -100; }', 'jump dispatch'],
    postrouting: [
      '{ type nat hook postrouting priority srcnat; }',
      `ct mark and ${MASQUERADE_MARK} == ${MASQUERADE_MARK} masquerade`,
      `ct status dnat ct original ip daddr ${serviceCidr} ip saddr != ${clusterCidr} masquerade`,
      // A pod that reaches itself through its Service must see the answer come back through the node.
      'ct status dnat ip saddr . ip daddr @hairpin masquerade',
    ],
    ...Object.fromEntries(
      ['input', 'forward', 'output'].map((hook) => [
        `filter-${hook}`,
        [`{ type filter hook ${hook} priority filter; }`, 'ct state new jump refuse-unserved'],
      ]),
    ),
  };
}

/** The commands that make the empty table. */
export function layoutCommands(options: BackendOptions): string[] {
  const commands = [`add table ${TABLE}`, `add chain ${TABLE} ${layoutMarker(options)}`];
  for (const [name, type] of Object.entries(MAPS)) commands.push(`add map ${TABLE} ${name} { type ${type} ; }`);
  for (const [name, type] of Object.entries(SETS)) commands.push(`add set ${TABLE} ${name} { type ${type} ; }`);
  const rules: string[] = [];
  for (const [name, lines] of Object.entries(chains(options))) {
    const [first = ''] = lines;
    const isBase = first.startsWith('{');
    commands.push(`add chain ${TABLE} ${name}${isBase ? ` ${first}` : ''}`);
    for (const line of isBase ? lines.slice(1) : lines) rules.push(`add rule ${TABLE} ${name} ${line}`);
  }
  return [...commands, ...rules];
}

/**
 * An empty chain whose name says which layout the table has: a table of
 * another version or with other ranges is replaced, not adopted.
 */
export function layoutMarker(options: BackendOptions): string {
  const content = JSON.stringify([TABLE, MAPS, SETS, chains(options)]);
  return `layout-${createHash('sha256').update(content).digest('hex').slice(0, 12)}`;
}

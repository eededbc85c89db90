import { createHash } from 'node:crypto';
import type { EndpointAddress, Frontend, ServiceRules } from '../../rule-model.js';
import type { ServiceObjects } from '../table-state.js';
import {
  CLUSTER_ADDRESSES,
  INTERNAL_NODE_PORTS,
  MASQUERADE_CHAIN,
  NODE_PORTS,
  REFUSE_CHAIN,
  REFUSED,
  REFUSED_NODE_PORTS,
  SERVICES,
} from './layout.js';

interface Draft {
  elements: [string, string, string][];
  chains: Map<string, readonly string[]>;
}

/** Chain names have 28 characters at the most. */
const hash = (...parts: unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16).toUpperCase();

export function objectsOf(service: ServiceRules): ServiceObjects {
  const draft: Draft = { elements: [], chains: new Map() };
  for (const frontend of service.frontends) addFrontend(draft, frontend);
  for (const address of service.clusterAddresses)
    addRule(draft, CLUSTER_ADDRESSES, 'other ports', `-d ${address}/32 -j ${REFUSE_CHAIN}`);
  return { ...draft, sets: new Map() };
}

const VERDICTS = {
  cluster: SERVICES,
  external: SERVICES,
  'node-port': NODE_PORTS,
  'node-port-internal': INTERNAL_NODE_PORTS,
} as const;

function addFrontend(draft: Draft, frontend: Frontend): void {
  const protocol = frontend.protocol.toLowerCase();
  const match = `${frontend.address === '' ? '' : `-d ${frontend.address}/32 `}-p ${protocol} -m ${protocol} --dport ${frontend.port}`;
  if (frontend.endpoints.length > 0) {
    const chain = addServiceChain(draft, frontend);
    addRule(draft, VERDICTS[frontend.kind], frontend.servicePort, `${match} -j ${chain}`);
  } else if (frontend.kind !== 'node-port-internal') {
    const container = frontend.address === '' ? REFUSED_NODE_PORTS : REFUSED;
    const target = frontend.whenEmpty === 'drop' ? 'DROP' : REFUSE_CHAIN;
    addRule(draft, container, frontend.servicePort, `${match} -j ${target}`);
  }
}

/** The hash in the comment is how a rule is known again in the kernel's own rendering of it. */
function addRule(draft: Draft, container: string, comment: string, rule: string): void {
  const key = hash(container, comment, rule);
  draft.elements.push([container, key, `-m comment --comment "${comment} ${key}" ${rule}`]);
}

function addServiceChain(draft: Draft, frontend: Frontend): string {
  const chains = frontend.endpoints.map((endpoint) => addEndpointChain(draft, frontend, endpoint));
  const rules = frontend.masquerade ? [`-j ${MASQUERADE_CHAIN}`] : [];
  if (frontend.affinityTimeoutSeconds > 0)
    for (const chain of chains)
      rules.push(`-m recent --name ${chain} --rcheck --seconds ${frontend.affinityTimeoutSeconds} --reap -j ${chain}`);
  chains.forEach((chain, index) => {
    const left = chains.length - index;
    const chance = left === 1 ? '' : `-m statistic --mode random --probability ${(1 / left).toFixed(10)} `;
    rules.push(`${chance}-j ${chain}`);
  });
  const name = `KUBELAB-SVC-${hash(rules)}`;
  draft.chains.set(name, rules);
  return name;
}

function addEndpointChain(draft: Draft, frontend: Frontend, endpoint: EndpointAddress): string {
  const protocol = frontend.protocol.toLowerCase();
  const remembers = frontend.affinityTimeoutSeconds > 0;
  const name = `KUBELAB-SEP-${hash(frontend.servicePort, protocol, endpoint.ip, endpoint.port, remembers)}`;
  draft.chains.set(name, [
    // A pod that reaches itself through its Service must see the answer come back through the node.
    `-s ${endpoint.ip}/32 -j ${MASQUERADE_CHAIN}`,
    `${remembers ? `-m recent --name ${name} --set ` : ''}-p ${protocol} -m ${protocol} -j DNAT --to-destination ${endpoint.ip}:${endpoint.port}`,
  ]);
  return name;
}

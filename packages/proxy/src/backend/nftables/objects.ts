import { createHash } from 'node:crypto';
import type { EndpointAddress, Frontend, ServiceRules } from '../../rule-model.js';
import type { ServiceObjects } from '../table-state.js';
import { MASQUERADE_MARK } from './layout.js';

interface Draft {
  elements: [string, string, string][];
  chains: Map<string, readonly string[]>;
  sets: Map<string, string>;
}

const hash = (...parts: unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);

export function objectsOf(service: ServiceRules): ServiceObjects {
  const draft: Draft = { elements: [], chains: new Map(), sets: new Map() };
  for (const address of service.clusterAddresses) draft.elements.push(['cluster-addresses', address, '']);
  for (const address of service.localEndpointAddresses) draft.elements.push(['hairpin', `${address} . ${address}`, '']);
  for (const frontend of service.frontends) addFrontend(draft, frontend);
  return draft;
}

/** Where a kind of frontend is looked up, and by what. */
const PLACES = {
  cluster: { verdicts: 'services', endpoints: 'endpoints', unserved: 'no-endpoints' },
  external: { verdicts: 'services', endpoints: 'endpoints', unserved: 'no-endpoints' },
  'node-port': { verdicts: 'node-ports', endpoints: 'node-port-endpoints', unserved: 'no-endpoint-node-ports' },
  'node-port-internal': { verdicts: 'node-ports-internal', endpoints: 'node-port-internal-endpoints', unserved: '' },
} as const;

function addFrontend(draft: Draft, frontend: Frontend): void {
  const place = PLACES[frontend.kind];
  const protocol = frontend.protocol.toLowerCase();
  const key = `${frontend.address === '' ? '' : `${frontend.address} . `}${protocol} . ${frontend.port}`;
  if (frontend.endpoints.length === 0) {
    if (place.unserved !== '')
      draft.elements.push([place.unserved, key, frontend.whenEmpty === 'drop' ? 'drop' : 'goto refuse']);
    return;
  }
  const chain =
    frontend.affinityTimeoutSeconds > 0 ? addAffinityChain(draft, frontend) : addCountChain(draft, frontend);
  draft.elements.push([place.verdicts, key, `goto ${chain}`]);
  if (frontend.affinityTimeoutSeconds > 0) return;
  frontend.endpoints.forEach((endpoint, index) => {
    draft.elements.push([place.endpoints, `${key} . ${index}`, `${endpoint.ip} . ${endpoint.port}`]);
  });
}

const MASQUERADE = `ct mark set ct mark or ${MASQUERADE_MARK}`;

/** The chain for all frontends with so many endpoints: picks a number, and the map knows whose it is. */
function addCountChain(draft: Draft, frontend: Frontend): string {
  const count = frontend.endpoints.length;
  const isNodePort = frontend.address === '';
  const name = `${frontend.kind === 'node-port-internal' ? 'internal' : isNodePort ? 'node-port' : 'address'}${frontend.masquerade ? '-masquerade' : ''}-${count}`;
  const key = `${isNodePort ? '' : 'ip daddr . '}meta l4proto . th dport . meta mark`;
  const pick = count === 1 ? 'meta mark set 0' : `meta mark set numgen random mod ${count}`;
  const map = PLACES[frontend.kind].endpoints;
  draft.chains.set(name, [...(frontend.masquerade ? [MASQUERADE] : []), `${pick} dnat ip to ${key} map @${map}`]);
  return name;
}

/** Chains of this frontend's own: each endpoint remembers its clients in a set whose entries expire. */
function addAffinityChain(draft: Draft, frontend: Frontend): string {
  const ids = frontend.endpoints.map((endpoint) => addAffinityEndpoint(draft, frontend, endpoint));
  const name = `affinity-${hash(ids)}`;
  const spread = ids.map((id, index) => `${index} : goto endpoint-${id}`).join(', ');
  draft.chains.set(name, [
    ...ids.map((id) => `ip saddr @clients-${id} goto endpoint-${id}`),
    `numgen random mod ${ids.length} vmap { ${spread} }`,
  ]);
  if (!frontend.masquerade) return name;
  const masquerading = `${name}-masquerade`;
  draft.chains.set(masquerading, [MASQUERADE, `goto ${name}`]);
  return masquerading;
}

function addAffinityEndpoint(draft: Draft, frontend: Frontend, endpoint: EndpointAddress): string {
  const { servicePort, protocol, affinityTimeoutSeconds } = frontend;
  const id = hash(servicePort, protocol, endpoint.ip, endpoint.port, affinityTimeoutSeconds);
  draft.sets.set(
    `clients-${id}`,
    `type ipv4_addr ; flags dynamic,timeout ; timeout ${affinityTimeoutSeconds}s ; size 65535 ;`,
  );
  draft.chains.set(`endpoint-${id}`, [
    `meta l4proto ${protocol.toLowerCase()} update @clients-${id} { ip saddr } dnat to ${endpoint.ip}:${endpoint.port}`,
  ]);
  return id;
}

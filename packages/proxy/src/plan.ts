import type { DeepReadonly, EndpointSlice, Service } from '@kubelab/api';
import { type EndpointAddress, type Frontend, NO_RULES, type Protocol, type ServiceRules } from './rule-model.js';

export interface PlanInput {
  readonly service: DeepReadonly<Service>;
  /** The slices labelled with the service's name. */
  readonly slices: readonly DeepReadonly<EndpointSlice>[];
  readonly nodeName: string;
}

interface KnownEndpoint extends EndpointAddress {
  readonly local: boolean;
  readonly ready: boolean;
  /** Going away, but still answering. */
  readonly servingTerminating: boolean;
}

const isIPv4 = (address: string): boolean => address.includes('.') && !address.includes(':');

/** By either of these labels, whatever its value, a Service says that another proxy serves it, or none. */
const SERVED_ELSEWHERE = ['service.kubernetes.io/service-proxy-name', 'service.kubernetes.io/headless'];

/** What the kernel must do for one Service. Pure: the same input gives the same rules, in the same order. */
export function planService(input: PlanInput): ServiceRules {
  const { service } = input;
  const spec = service.spec ?? {};
  if (spec.type === 'ExternalName' || spec.clusterIP === 'None' || !spec.clusterIP) return NO_RULES;
  if (SERVED_ELSEWHERE.some((label) => service.metadata?.labels?.[label] !== undefined)) return NO_RULES;
  const clusterAddresses = (spec.clusterIPs?.length ? spec.clusterIPs : [spec.clusterIP]).filter(isIPv4);
  const frontends: Frontend[] = [];
  const localEndpointAddresses = new Set<string>();
  for (const port of spec.ports ?? []) {
    const known = endpointsOf(input, port.name ?? '', (port.protocol ?? 'TCP') as Protocol);
    for (const endpoint of known) if (endpoint.local) localEndpointAddresses.add(endpoint.ip);
    frontends.push(...frontendsOf(input, port, known, clusterAddresses));
  }
  return { frontends, clusterAddresses, localEndpointAddresses: [...localEndpointAddresses].sort() };
}

type ServicePort = NonNullable<NonNullable<DeepReadonly<Service>['spec']>['ports']>[number];

function frontendsOf(
  { service }: PlanInput,
  port: ServicePort,
  known: readonly KnownEndpoint[],
  clusterAddresses: readonly string[],
): Frontend[] {
  const spec = service.spec ?? {};
  const id = `${service.metadata?.namespace}/${service.metadata?.name}:${port.name ?? ''}`;
  const affinityTimeoutSeconds =
    spec.sessionAffinity === 'ClientIP' ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800) : 0;
  const shared = { servicePort: id, protocol: (port.protocol ?? 'TCP') as Protocol, affinityTimeoutSeconds };
  const everywhere = choose(known);
  const here = choose(known.filter((endpoint) => endpoint.local));
  const anyUsable = everywhere.length > 0;
  const internalLocal = spec.internalTrafficPolicy === 'Local';
  const externalLocal = spec.externalTrafficPolicy === 'Local';
  const internal = {
    ...shared,
    endpoints: internalLocal ? here : everywhere,
    // With endpoints elsewhere only, the policy forbids an answer: dropped, as kube-proxy does.
    whenEmpty: internalLocal && anyUsable ? ('drop' as const) : ('reject' as const),
  };
  const external = {
    ...shared,
    endpoints: externalLocal ? here : everywhere,
    whenEmpty: externalLocal && anyUsable ? ('drop' as const) : ('reject' as const),
    masquerade: !externalLocal,
    port: port.port,
  };

  const frontends: Frontend[] = clusterAddresses.map((address) => ({
    ...internal,
    kind: 'cluster',
    address,
    port: port.port,
    masquerade: false,
  }));
  const loadBalancerAddresses = (service.status?.loadBalancer?.ingress ?? []).flatMap((ingress) =>
    ingress.ip && ingress.ipMode !== 'Proxy' ? [ingress.ip] : [],
  );
  for (const address of new Set([...(spec.externalIPs ?? []), ...loadBalancerAddresses].filter(isIPv4)))
    frontends.push({ ...external, kind: 'external', address });
  if (port.nodePort) {
    frontends.push({ ...external, kind: 'node-port', address: '', port: port.nodePort });
    if (externalLocal)
      frontends.push({
        ...external,
        kind: 'node-port-internal',
        address: '',
        port: port.nodePort,
        endpoints: everywhere,
        whenEmpty: 'reject',
        masquerade: true,
      });
  }
  return frontends;
}

/** The ready ones; where there is none, those that terminate but still serve (KEP-1669). */
function choose(known: readonly KnownEndpoint[]): EndpointAddress[] {
  const ready = known.filter((endpoint) => endpoint.ready);
  const usable = ready.length > 0 ? ready : known.filter((endpoint) => endpoint.servingTerminating);
  const unique = new Map(usable.map(({ ip, port }) => [`${ip}:${port}`, { ip, port }]));
  return [...unique.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, endpoint]) => endpoint);
}

function endpointsOf({ slices, nodeName }: PlanInput, portName: string, protocol: Protocol): KnownEndpoint[] {
  const known: KnownEndpoint[] = [];
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue;
    const port = slice.ports?.find((each) => (each.name ?? '') === portName && (each.protocol ?? 'TCP') === protocol);
    if (!port?.port) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const ip = endpoint.addresses[0];
      if (ip === undefined) continue;
      const { ready, serving, terminating } = endpoint.conditions ?? {};
      known.push({
        ip,
        port: port.port,
        local: endpoint.nodeName === nodeName,
        ready: ready ?? true,
        servingTerminating: (serving ?? ready ?? true) && terminating === true,
      });
    }
  }
  return known;
}

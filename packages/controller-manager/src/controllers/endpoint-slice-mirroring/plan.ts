import {
  type DeepReadonly,
  type DiscoveryEndpointPort,
  deepEqual,
  type Endpoint,
  type EndpointAddress,
  type EndpointSlice,
  type EndpointSubset,
  type Endpoints,
  endpointSlices,
  endpoints as endpointsResource,
  newControllerReference,
  type Service,
} from '@kubelab/api';
import { type Cached, mutableCopy } from '@kubelab/client';

export const MIRRORED_BY = 'endpointslicemirroring-controller.k8s.io';
/** Kubernetes mirrors no more of a subset (--mirroring-max-endpoints-per-subset). */
const MAX_ENDPOINTS_PER_SUBSET = 1_000;
const SKIP_MIRROR = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER = 'control-plane.alpha.kubernetes.io/leader';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const SERVICE_NAME = 'kubernetes.io/service-name';
/** Annotations that say something of the Endpoints alone. */
const OWN_ANNOTATIONS: readonly string[] = [
  'endpoints.kubernetes.io/last-change-trigger-time',
  'kubectl.kubernetes.io/last-applied-configuration',
];

export interface MirrorPlan {
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly delete: readonly Cached<EndpointSlice>[];
}

/** Whether somebody's own Endpoints stand for the Service, whose pods no controller looks for (KEP-752). */
export function isMirrored(
  service: DeepReadonly<Service> | undefined,
  endpoints: DeepReadonly<Endpoints> | undefined,
): boolean {
  if (service === undefined || endpoints === undefined) return false;
  if (service.spec?.selector !== undefined && Object.keys(service.spec.selector).length > 0) return false;
  const { labels, annotations, deletionTimestamp } = endpoints.metadata ?? {};
  return deletionTimestamp === undefined && labels?.[SKIP_MIRROR] !== 'true' && annotations?.[LEADER] === undefined;
}

/**
 * The writes that make the slices say what the Endpoints say: one slice for each
 * set of ports and family of addresses. A slice that is no longer wanted becomes
 * another of its family, which is one write less.
 */
export function planMirror(endpoints: Cached<Endpoints>, existing: readonly Cached<EndpointSlice>[]): MirrorPlan {
  const present = existing.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const wanted = slicesOf(endpoints);
  const left = new Set(present);
  const update: EndpointSlice[] = [];
  const settle = (slice: Cached<EndpointSlice>, want: EndpointSlice): void => {
    left.delete(slice);
    if (!isSame(slice, want)) update.push(changed(slice, want));
  };
  const unmet = wanted.filter((want) => {
    const same = present.find((slice) => left.has(slice) && keyOf(slice) === keyOf(want));
    if (same) settle(same, want);
    return same === undefined;
  });
  const create = unmet.filter((want) => {
    const spare = [...left].find(({ addressType }) => addressType === want.addressType);
    if (spare) settle(spare, want);
    return spare === undefined;
  });
  return { create, update, delete: [...left] };
}

const keyOf = ({ addressType, ports }: DeepReadonly<EndpointSlice>): string =>
  JSON.stringify([
    addressType,
    (ports ?? []).map(({ name, port, protocol, appProtocol }) => [name ?? '', port, protocol ?? 'TCP', appProtocol]),
  ]);

function slicesOf(endpoints: Cached<Endpoints>): EndpointSlice[] {
  const slices = new Map<string, EndpointSlice>();
  for (const subset of endpoints.subsets ?? [])
    for (const [family, endpoint] of endpointsOf(subset)) {
      const slice = newSlice(endpoints, family, portsOf(subset));
      const key = keyOf(slice);
      slices.set(key, slices.get(key) ?? slice);
      slices.get(key)?.endpoints.push(endpoint);
    }
  return [...slices.values()];
}

function endpointsOf({ addresses = [], notReadyAddresses = [] }: DeepReadonly<EndpointSubset>): [string, Endpoint][] {
  const all = [
    ...addresses.map((address) => endpointOf(address, true)),
    ...notReadyAddresses.map((address) => endpointOf(address, false)),
  ];
  return all.slice(0, MAX_ENDPOINTS_PER_SUBSET);
}

function endpointOf(address: DeepReadonly<EndpointAddress>, ready: boolean): [string, Endpoint] {
  const { ip, hostname, nodeName, targetRef } = address;
  const endpoint: Endpoint = {
    addresses: [ip],
    conditions: { ready },
    ...(hostname ? { hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    ...(targetRef ? { targetRef: { ...targetRef } } : {}),
  };
  return [ip.includes(':') ? 'IPv6' : 'IPv4', endpoint];
}

const portsOf = ({ ports = [] }: DeepReadonly<EndpointSubset>): DiscoveryEndpointPort[] =>
  ports.map(({ name = '', port, protocol = 'TCP', appProtocol }) => ({
    name,
    port,
    protocol,
    ...(appProtocol === undefined ? {} : { appProtocol }),
  }));

function newSlice({ metadata }: Cached<Endpoints>, addressType: string, ports: DiscoveryEndpointPort[]): EndpointSlice {
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([name]) => !OWN_ANNOTATIONS.includes(name));
  return {
    apiVersion: `${endpointSlices.group}/${endpointSlices.version}`,
    kind: endpointSlices.kind,
    metadata: {
      namespace: metadata.namespace,
      generateName: `${metadata.name}-`,
      labels: { ...metadata.labels, [SERVICE_NAME]: metadata.name, [MANAGED_BY]: MIRRORED_BY },
      annotations: Object.fromEntries(annotations),
      ownerReferences: [newControllerReference({ metadata }, endpointsResource)],
    },
    addressType,
    ports,
    endpoints: [],
  };
}

function isSame(slice: Cached<EndpointSlice>, want: EndpointSlice): boolean {
  return (
    deepEqual(slice.endpoints ?? [], want.endpoints) &&
    deepEqual(slice.ports ?? [], want.ports) &&
    deepEqual(slice.metadata.labels ?? {}, want.metadata?.labels) &&
    deepEqual(slice.metadata.annotations ?? {}, want.metadata?.annotations) &&
    slice.metadata.ownerReferences?.[0]?.uid === want.metadata?.ownerReferences?.[0]?.uid
  );
}

function changed(slice: Cached<EndpointSlice>, { metadata, ports, endpoints }: EndpointSlice): EndpointSlice {
  const copy = mutableCopy<EndpointSlice>(slice);
  const { labels, annotations, ownerReferences } = metadata ?? {};
  return { ...copy, metadata: { ...copy.metadata, labels, annotations, ownerReferences }, ports, endpoints };
}

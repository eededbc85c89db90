import {
  type DeepReadonly,
  type DiscoveryEndpointPort,
  type Endpoint,
  type EndpointSlice,
  endpointSlices,
  isPodReady,
  isPodTerminal,
  newControllerReference,
  type Pod,
  type Service,
  services,
} from '@kubelab/api';
import { type Cached, mutableCopy } from '@kubelab/client';

export const MANAGED_BY = 'endpointslice-controller.k8s.io';
export const MAX_ENDPOINTS_PER_SLICE = 100;

export interface SlicePlan {
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly delete: readonly Cached<EndpointSlice>[];
}

export interface SlicePlanInput {
  readonly service: Cached<Service>;
  /** Those that the selector matches. */
  readonly pods: readonly Cached<Pod>[];
  readonly zoneOf: (nodeName: string) => string | undefined;
  /** The slices that this controller manages for the Service. */
  readonly existing: readonly Cached<EndpointSlice>[];
}

/** Endpoints with the same ports; pods may give a named port different numbers. */
interface Group {
  readonly ports: DiscoveryEndpointPort[];
  /** By identity, see {@link identityOf}. */
  readonly endpoints: Map<string, Endpoint>;
}

/** As few writes as bring the slices to what the pods are. */
export function planSlices(input: SlicePlanInput): SlicePlan {
  const { service, existing } = input;
  const groups = groupsOf(input);
  const create: EndpointSlice[] = [];
  const update: EndpointSlice[] = [];
  const remove: Cached<EndpointSlice>[] = [];
  const labels = sliceLabels(service);
  for (const slice of existing) if (!groups.has(portsKey(slice.ports ?? []))) remove.push(slice);
  for (const [key, { ports, endpoints }] of groups) {
    const slices = existing.filter((slice) => portsKey(slice.ports ?? []) === key);
    const missing = new Map(endpoints);
    const kept = slices.map((slice) => keepWanted(slice, missing));
    for (const each of [...kept].sort((a, b) => b.endpoints.length - a.endpoints.length)) fill(each, missing);
    for (const { slice, endpoints: some, changed } of kept) {
      if (some.length === 0) remove.push(slice);
      else if (changed || !sameLabels(slice.metadata.labels, labels)) update.push(withEndpoints(slice, some, labels));
    }
    while (missing.size > 0) create.push(newSlice(service, labels, ports, take(missing, MAX_ENDPOINTS_PER_SLICE)));
  }
  if (groups.size > 0) return { create, update, delete: remove };
  // A Service without endpoints has one empty slice, so that one can tell it from one that is not looked at yet.
  const [empty, ...others] = existing.filter(isPlaceholder);
  if (empty === undefined) return { create: [newSlice(service, labels, [], [])], update, delete: existing };
  const stale = !sameLabels(empty.metadata.labels, labels);
  return {
    create,
    update: stale ? [withEndpoints(empty, [], labels)] : [],
    delete: [...others, ...existing.filter((slice) => !isPlaceholder(slice))],
  };
}

const isPlaceholder = (slice: Cached<EndpointSlice>): boolean =>
  (slice.ports ?? []).length === 0 && (slice.endpoints ?? []).length === 0;

interface Kept {
  readonly slice: Cached<EndpointSlice>;
  endpoints: Endpoint[];
  changed: boolean;
}

function keepWanted(slice: Cached<EndpointSlice>, missing: Map<string, Endpoint>): Kept {
  const endpoints: Endpoint[] = [];
  let changed = false;
  for (const present of slice.endpoints ?? []) {
    const identity = identityOf(present);
    const want = missing.get(identity);
    missing.delete(identity);
    if (want === undefined) changed = true;
    else {
      if (JSON.stringify(want) !== JSON.stringify(normalized(present))) changed = true;
      endpoints.push(want);
    }
  }
  return { slice, endpoints, changed };
}

function fill(kept: Kept, missing: Map<string, Endpoint>): void {
  const room = MAX_ENDPOINTS_PER_SLICE - kept.endpoints.length;
  if (room <= 0 || missing.size === 0) return;
  kept.endpoints = [...kept.endpoints, ...take(missing, room)];
  kept.changed = true;
}

function take(from: Map<string, Endpoint>, count: number): Endpoint[] {
  const taken = [...from].slice(0, count);
  for (const [key] of taken) from.delete(key);
  return taken.map(([, endpoint]) => endpoint);
}

function groupsOf({ service, pods, zoneOf }: SlicePlanInput): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const pod of pods) {
    if (!pod.status?.podIP || isPodTerminal(pod)) continue;
    const ports = (service.spec?.ports ?? []).flatMap((port) => {
      const number = targetPort(pod, port);
      return number === undefined ? [] : [slicePort(port, number)];
    });
    if (ports.length === 0 && (service.spec?.ports ?? []).length > 0) continue;
    const key = portsKey(ports);
    const group = groups.get(key) ?? { ports, endpoints: new Map<string, Endpoint>() };
    const endpoint = endpointOf(service, pod, zoneOf);
    group.endpoints.set(identityOf(endpoint), endpoint);
    groups.set(key, group);
  }
  return groups;
}

type ServicePort = NonNullable<NonNullable<DeepReadonly<Service>['spec']>['ports']>[number];

/** The number behind a Service's port in this pod; undefined where the pod has no port of that name. */
export function targetPort(pod: DeepReadonly<Pod>, port: ServicePort): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target;
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  for (const container of containers)
    for (const { name, protocol, containerPort } of container.ports ?? [])
      if (name === target && (protocol ?? 'TCP') === (port.protocol ?? 'TCP')) return containerPort;
  return undefined;
}

function slicePort(port: ServicePort, number: number): DiscoveryEndpointPort {
  const { name = '', protocol = 'TCP', appProtocol } = port;
  return { name, port: number, protocol, ...(appProtocol ? { appProtocol } : {}) };
}

function endpointOf(service: Cached<Service>, pod: Cached<Pod>, zoneOf: SlicePlanInput['zoneOf']): Endpoint {
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const { namespace, name, uid } = pod.metadata;
  const nodeName = pod.spec?.nodeName;
  const zone = nodeName ? zoneOf(nodeName) : undefined;
  const hostname = pod.spec?.subdomain === service.metadata.name ? pod.spec.hostname : undefined;
  return normalized({
    addresses: [pod.status?.podIP ?? ''],
    conditions: {
      ready: service.spec?.publishNotReadyAddresses === true || (serving && !terminating),
      serving,
      terminating,
    },
    ...(hostname ? { hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    targetRef: { kind: 'Pod', namespace, name, uid },
    ...(zone ? { zone } : {}),
  });
}

/** The fields in one order, so that two endpoints can be compared as text. */
function normalized(endpoint: DeepReadonly<Endpoint>): Endpoint {
  const { addresses, conditions, hostname, nodeName, targetRef, zone } = endpoint;
  return {
    addresses: [...addresses],
    conditions: {
      ready: conditions?.ready,
      serving: conditions?.serving,
      terminating: conditions?.terminating,
    },
    ...(hostname ? { hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    ...(targetRef
      ? {
          targetRef: { kind: targetRef.kind, namespace: targetRef.namespace, name: targetRef.name, uid: targetRef.uid },
        }
      : {}),
    ...(zone ? { zone } : {}),
  };
}

const identityOf = ({ addresses, targetRef }: DeepReadonly<Endpoint>): string => `${addresses[0]} ${targetRef?.uid}`;

const portsKey = (ports: readonly DeepReadonly<DiscoveryEndpointPort>[]): string =>
  JSON.stringify(
    ports
      .map(({ name, port, protocol, appProtocol }) => [name ?? '', port, protocol ?? 'TCP', appProtocol ?? ''])
      .sort((a, b) => (String(a) < String(b) ? -1 : 1)),
  );

function sliceLabels(service: Cached<Service>): Record<string, string> {
  return {
    ...service.metadata.labels,
    'kubernetes.io/service-name': service.metadata.name,
    'endpointslice.kubernetes.io/managed-by': MANAGED_BY,
    ...(service.spec?.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {}),
  };
}

const sameLabels = (a: Readonly<Record<string, string>> | undefined, b: Readonly<Record<string, string>>): boolean =>
  Object.keys(a ?? {}).length === Object.keys(b).length &&
  Object.entries(b).every(([key, value]) => a?.[key] === value);

function withEndpoints(
  slice: Cached<EndpointSlice>,
  endpoints: Endpoint[],
  labels: Record<string, string>,
): EndpointSlice {
  const copy = mutableCopy<EndpointSlice>(slice);
  return { ...copy, metadata: { ...copy.metadata, labels }, endpoints };
}

function newSlice(
  service: Cached<Service>,
  labels: Record<string, string>,
  ports: DiscoveryEndpointPort[],
  endpoints: Endpoint[],
): EndpointSlice {
  return {
    apiVersion: `${endpointSlices.group}/${endpointSlices.version}`,
    kind: endpointSlices.kind,
    metadata: {
      namespace: service.metadata.namespace,
      generateName: `${service.metadata.name}-`,
      labels,
      ownerReferences: [newControllerReference(service, services)],
    },
    addressType: 'IPv4',
    endpoints,
    ports,
  };
}

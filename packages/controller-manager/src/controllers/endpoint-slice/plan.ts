import {
  type DeepReadonly,
  type DiscoveryEndpointPort,
  type Endpoint,
  type EndpointSlice,
  endpointSlices,
  isControlledBy,
  isPodReady,
  isPodTerminal,
  isRestartableInitContainer,
  type Node,
  newControllerReference,
  type Pod,
  type Service,
  services,
} from '@kubelab/api';
import { type Cached, mutableCopy } from '@kubelab/client';

export const MANAGED_BY = 'endpointslice-controller.k8s.io';
const MAX_ENDPOINTS_PER_SLICE = 100;
const HEADLESS = 'service.kubernetes.io/headless';

export interface SlicePlan {
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly delete: readonly Cached<EndpointSlice>[];
}

export interface SlicePlanInput {
  readonly service: Cached<Service>;
  /** Those that the selector matches. */
  readonly pods: readonly Cached<Pod>[];
  readonly nodeOf: (name: string) => Cached<Node> | undefined;
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
  const { service } = input;
  const labels = sliceLabels(service);
  const existing = input.existing.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const groups = groupsOf(input);
  // Those of an earlier Service of this name go with it.
  const own = existing.filter((slice) => isControlledBy(slice, service));
  const changes: Changes = { create: [], update: [], delete: existing.filter((slice) => !own.includes(slice)) };
  for (const slice of own) if (!groups.has(portsKey(slice.ports ?? []))) changes.delete.push(slice);
  for (const [key, { ports, endpoints }] of groups) {
    const slices = own.filter((slice) => portsKey(slice.ports ?? []) === key);
    const missing = new Map(endpoints);
    const kept = slices.map((slice) => keepWanted(slice, missing, labels));
    const rest = place(kept, missing);
    for (const { slice, endpoints: some, changed } of kept) {
      if (some.length === 0) changes.delete.push(slice);
      else if (changed) changes.update.push(withEndpoints(slice, some, labels));
    }
    for (const some of rest) changes.create.push(newSlice(service, labels, ports, some));
  }
  keepPlaceholder(changes, own, service, labels);
  return reuse(changes, own);
}

interface Changes {
  readonly create: EndpointSlice[];
  readonly update: EndpointSlice[];
  delete: Cached<EndpointSlice>[];
}

/** A Service without endpoints has one empty slice, so that one can tell it from one that is not looked at yet. */
function keepPlaceholder(
  changes: Changes,
  own: readonly Cached<EndpointSlice>[],
  service: Cached<Service>,
  labels: Record<string, string>,
): void {
  const isAnyLeft = own.some((slice) => !changes.delete.includes(slice));
  if (isAnyLeft || changes.create.length > 0) return;
  const present = own.find((slice) => (slice.ports ?? []).length === 0 && (slice.endpoints ?? []).length === 0);
  if (present && sameLabels(present.metadata.labels, labels))
    changes.delete = changes.delete.filter((slice) => slice !== present);
  else changes.create.push(newSlice(service, labels, [], []));
}

/** A slice that would go becomes one that would be made: one write instead of two, and no moment without. */
function reuse(changes: Changes, own: readonly Cached<EndpointSlice>[]): SlicePlan {
  const spare = changes.delete.filter((slice) => own.includes(slice) && slice.addressType === 'IPv4');
  const pairs = changes.create.slice(0, spare.length).map((wanted, index) => ({ wanted, slice: spare[index] }));
  const reused = pairs.map(({ wanted, slice }) => ({
    ...wanted,
    metadata: {
      ...mutableCopy<EndpointSlice>(slice as Cached<EndpointSlice>).metadata,
      labels: wanted.metadata?.labels,
    },
  }));
  return {
    create: changes.create.slice(pairs.length),
    update: [...changes.update, ...reused],
    delete: changes.delete.filter((slice) => !pairs.some((pair) => pair.slice === slice)),
  };
}

interface Kept {
  readonly slice: Cached<EndpointSlice>;
  endpoints: Endpoint[];
  changed: boolean;
}

function keepWanted(
  slice: Cached<EndpointSlice>,
  missing: Map<string, Endpoint>,
  labels: Readonly<Record<string, string>>,
): Kept {
  const endpoints: Endpoint[] = [];
  let changed = !sameLabels(slice.metadata.labels, labels);
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

/**
 * Finds a slice for what has none, with as few writes as may be (KEP-752): room
 * in slices that are written anyway, then the fullest other that takes all that
 * is left; what is returned needs new ones.
 */
function place(kept: readonly Kept[], missing: Map<string, Endpoint>): Endpoint[][] {
  for (const each of kept.filter(({ changed, endpoints }) => changed && endpoints.length > 0)) fill(each, missing);
  const created: Endpoint[][] = [];
  while (missing.size >= MAX_ENDPOINTS_PER_SLICE) created.push(take(missing, MAX_ENDPOINTS_PER_SLICE));
  const roomy = kept
    .filter(({ endpoints }) => MAX_ENDPOINTS_PER_SLICE - endpoints.length >= missing.size)
    .sort((a, b) => b.endpoints.length - a.endpoints.length);
  const [fullest] = roomy;
  if (missing.size > 0 && fullest) fill(fullest, missing);
  if (missing.size > 0) created.push(take(missing, missing.size));
  return created;
}

function fill(kept: Kept, missing: Map<string, Endpoint>): void {
  const added = take(missing, MAX_ENDPOINTS_PER_SLICE - kept.endpoints.length);
  if (added.length === 0) return;
  kept.endpoints.push(...added);
  kept.changed = true;
}

function take(from: Map<string, Endpoint>, count: number): Endpoint[] {
  const taken = [...from].slice(0, Math.max(0, count));
  for (const [key] of taken) from.delete(key);
  return taken.map(([, endpoint]) => endpoint);
}

function groupsOf({ service, pods, nodeOf }: SlicePlanInput): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const pod of pods) {
    if (!pod.status?.podIP || isPodTerminal(pod)) continue;
    const ports = (service.spec?.ports ?? []).flatMap((port) => {
      const number = targetPort(pod, port);
      return number === undefined ? [] : [slicePort(port, number)];
    });
    const node = pod.spec?.nodeName ? nodeOf(pod.spec.nodeName) : undefined;
    // One whose node is gone answers nobody; it is collected soon.
    if (pod.spec?.nodeName && !node && !service.spec?.publishNotReadyAddresses) continue;
    const key = portsKey(ports);
    const group = groups.get(key) ?? { ports, endpoints: new Map<string, Endpoint>() };
    const endpoint = endpointOf(service, pod, node?.metadata.labels?.['topology.kubernetes.io/zone']);
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
  const sidecars = (pod.spec?.initContainers ?? []).filter(isRestartableInitContainer);
  const containers = [...(pod.spec?.containers ?? []), ...sidecars];
  for (const container of containers)
    for (const { name, protocol, containerPort } of container.ports ?? [])
      if (name === target && (protocol ?? 'TCP') === (port.protocol ?? 'TCP')) return containerPort;
  return undefined;
}

function slicePort(port: ServicePort, number: number): DiscoveryEndpointPort {
  const { name = '', protocol = 'TCP', appProtocol } = port;
  return { name, port: number, protocol, ...(appProtocol ? { appProtocol } : {}) };
}

function endpointOf(service: Cached<Service>, pod: Cached<Pod>, zone: string | undefined): Endpoint {
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const { namespace, name, uid } = pod.metadata;
  const nodeName = pod.spec?.nodeName;
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
  const { [HEADLESS]: _, ...labels } = service.metadata.labels ?? {};
  return {
    ...labels,
    'kubernetes.io/service-name': service.metadata.name,
    'endpointslice.kubernetes.io/managed-by': MANAGED_BY,
    ...(service.spec?.clusterIP === 'None' ? { [HEADLESS]: '' } : {}),
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

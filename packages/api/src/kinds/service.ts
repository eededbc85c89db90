import { deepEqual } from '../deep-equal.js';
import type { Service, ServiceSpec } from '../generated/types.js';
import { ageColumn, column, formatLabels, nameColumn, orNone, wideColumn } from '../printers/columns.js';
import type { PrinterColumn, ResourceStrategy, ResourceType } from '../resource.js';
import { validateService, validateServiceUpdate } from '../validation/service.js';

const DEFAULT_AFFINITY_SECONDS = 10_800;

const serviceStrategy: ResourceStrategy<Service> = {
  returnsDeletedObject: true,
  tracksGeneration: false,
  nameRule: 'dns1035Label',
  allowCreateOnUpdate: true,
  setDefaults(service) {
    service.spec ??= {};
    setSpecDefaults(service.spec);
  },
  prepareForCreate(service) {
    service.status = { loadBalancer: {} };
    const spec = service.spec;
    if (spec?.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
    else if (spec?.clusterIPs?.[0] && !spec.clusterIP) spec.clusterIP = spec.clusterIPs[0];
  },
  prepareForUpdate(service, old) {
    service.status = old.status;
    if (service.spec !== undefined && old.spec !== undefined) carryAddress(service.spec, old.spec);
    if (service.spec !== undefined) dropFieldsOfOtherTypes(service.spec, old.spec ?? {});
  },
  validate: validateService,
  validateUpdate: validateServiceUpdate,
};

function setSpecDefaults(spec: ServiceSpec): void {
  spec.type ||= 'ClusterIP';
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP') {
    spec.sessionAffinityConfig ??= {};
    spec.sessionAffinityConfig.clientIP ??= {};
    spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= DEFAULT_AFFINITY_SECONDS;
  }
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port;
  }
  if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') spec.externalTrafficPolicy ||= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
  if (spec.type === 'ExternalName') return;
  spec.internalTrafficPolicy ??= 'Cluster';
  spec.ipFamilyPolicy ??= 'SingleStack';
  if (!spec.ipFamilies?.length) {
    const address = spec.clusterIPs?.[0] ?? spec.clusterIP ?? '';
    spec.ipFamilies = [address.includes(':') ? 'IPv6' : 'IPv4'];
  }
}

/** What an update leaves out of an address it does not change; naming only one of the two fields sets both. */
function carryAddress(spec: ServiceSpec, old: ServiceSpec): void {
  if (spec.type === 'ExternalName') return;
  const isNamed = Boolean(spec.clusterIP) || Boolean(spec.clusterIPs?.length);
  if (!isNamed && old.type !== 'ExternalName') {
    spec.clusterIP = old.clusterIP;
    spec.clusterIPs = old.clusterIPs === undefined ? undefined : [...old.clusterIPs];
  }
  const first = spec.clusterIPs?.[0];
  if (spec.clusterIP && first === undefined) spec.clusterIPs = [spec.clusterIP];
  else if (first !== undefined && !spec.clusterIP) spec.clusterIP = first;
  // A client that knows only the older field has changed it; the newer one follows.
  else if (spec.clusterIP && spec.clusterIP !== old.clusterIP && first === old.clusterIPs?.[0]) {
    spec.clusterIPs = [spec.clusterIP];
  }
}

/** A change of type takes away what the new type cannot have, unless the client has just set it. */
function dropFieldsOfOtherTypes(spec: ServiceSpec, old: ServiceSpec): void {
  if (spec.type === old.type) return;
  if (spec.type === 'ExternalName') {
    if (keepsAddresses(spec, old)) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    delete spec.ipFamilies;
    delete spec.ipFamilyPolicy;
    delete spec.internalTrafficPolicy;
  }
  const isExternal = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  if (!isExternal && !spec.externalIPs?.length && spec.externalTrafficPolicy === old.externalTrafficPolicy) {
    delete spec.externalTrafficPolicy;
  }
  if (!isExternal) dropOldNodePorts(spec, old);
  if (spec.type === 'LoadBalancer') return;
  for (const field of ['allocateLoadBalancerNodePorts', 'loadBalancerClass', 'healthCheckNodePort'] as const) {
    if (spec[field] === old[field]) delete spec[field];
  }
}

/** Both fields are as they were, or one is and the other has been taken away. */
function keepsAddresses({ clusterIP, clusterIPs }: ServiceSpec, old: ServiceSpec): boolean {
  return (!clusterIP || clusterIP === old.clusterIP) && (!clusterIPs?.length || deepEqual(clusterIPs, old.clusterIPs));
}

function dropOldNodePorts(spec: ServiceSpec, old: ServiceSpec): void {
  const before = new Set((old.ports ?? []).map((port) => port.nodePort));
  for (const port of spec.ports ?? []) {
    if (before.has(port.nodePort)) delete port.nodePort;
  }
}

const serviceColumns: readonly PrinterColumn<Service>[] = [
  nameColumn<Service>(),
  column('Type', 'string', 'How the service is reached.', ({ spec }) => spec?.type ?? ''),
  column('Cluster-IP', 'string', 'The address inside the cluster.', ({ spec }) =>
    orNone(spec?.clusterIPs?.[0] ?? spec?.clusterIP),
  ),
  column('External-IP', 'string', 'Where the service is reached from outside the cluster.', externalAddresses),
  column('Port(s)', 'string', 'The ports of the service, and those of the nodes.', ({ spec }) => {
    const texts = (spec?.ports ?? []).map(({ port, nodePort, protocol }) =>
      nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
    );
    return orNone(texts.join(','));
  }),
  ageColumn<Service>(),
  wideColumn('Selector', 'Which pods answer.', ({ spec }) => formatLabels(spec?.selector)),
];

function externalAddresses({ spec, status }: Service): string {
  const externalIPs = spec?.externalIPs ?? [];
  switch (spec?.type) {
    case 'ClusterIP':
    case 'NodePort':
      return orNone(externalIPs.join(','));
    case 'LoadBalancer': {
      const ingress = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '');
      const all = [...new Set([...ingress.filter((text) => text !== '').sort(), ...externalIPs])];
      return all.length > 0 ? all.join(',') : '<pending>';
    }
    case 'ExternalName':
      return spec.externalName ?? '';
    default:
      return '<unknown>';
  }
}

export const services: ResourceType<Service> = {
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  singular: 'service',
  shortNames: ['svc'],
  categories: ['all'],
  namespaced: true,
  definition: 'Service',
  subresources: [
    { name: 'status', kind: 'Service', verbs: ['get', 'patch', 'update'] },
    { name: 'proxy', kind: 'ServiceProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] },
  ],
  columns: serviceColumns,
  selectableFields: {
    'spec.clusterIP': ({ spec }) => spec?.clusterIP ?? '',
    'spec.type': ({ spec }) => spec?.type ?? '',
  },
  strategy: serviceStrategy,
};

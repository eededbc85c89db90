import { isIPv6 } from 'node:net';
import type { DeepReadonly, Service } from '@kubelab/api';
import type { EnvironmentVariable } from '../environment.js';

/** The Service of the API itself: every container is told of it, links or not. */
const MASTER_SERVICE = { namespace: 'default', name: 'kubernetes' };

/**
 * Variables that describe Services: {SVC}_SERVICE_HOST and _SERVICE_PORT, one
 * more for each named port, and those of Docker's links. Only Services with a
 * cluster IP count: with `serviceLinks` those of the pod's namespace, and
 * always `kubernetes` of `default`, unless the namespace has one of that name.
 */
export function serviceVariables(
  services: Iterable<DeepReadonly<Service>>,
  namespace: string,
  serviceLinks: boolean,
): EnvironmentVariable[] {
  const chosen = new Map<string, DeepReadonly<Service>>();
  for (const service of services) {
    const { name = '', namespace: ofNamespace } = service.metadata ?? {};
    if (!hasClusterIp(service)) continue;
    const linked = serviceLinks && ofNamespace === namespace;
    const master = name === MASTER_SERVICE.name && ofNamespace === MASTER_SERVICE.namespace;
    if (linked || (master && !chosen.has(name))) chosen.set(name, service);
  }
  return [...chosen.keys()].sort().flatMap((name) => variablesOf(name, chosen.get(name)));
}

function hasClusterIp(service: DeepReadonly<Service>): boolean {
  const address = service.spec?.clusterIP ?? '';
  return address !== '' && address !== 'None' && (service.spec?.ports?.length ?? 0) > 0;
}

function variablesOf(serviceName: string, service: DeepReadonly<Service> | undefined): EnvironmentVariable[] {
  const address = service?.spec?.clusterIP ?? '';
  const ports = service?.spec?.ports ?? [];
  const prefix = variableName(serviceName);
  const named = ports.filter((port) => (port.name ?? '') !== '');
  return [
    { name: `${prefix}_SERVICE_HOST`, value: address },
    { name: `${prefix}_SERVICE_PORT`, value: String(ports[0]?.port ?? '') },
    ...named.map((port) => ({
      name: `${prefix}_SERVICE_PORT_${variableName(port.name ?? '')}`,
      value: String(port.port),
    })),
    ...ports.flatMap((port, index) => linkVariables(prefix, address, port.port, port.protocol ?? 'TCP', index === 0)),
  ];
}

/** What `docker run --link` used to set. */
function linkVariables(
  prefix: string,
  address: string,
  port: number,
  protocol: string,
  first: boolean,
): EnvironmentVariable[] {
  const scheme = protocol.toLowerCase();
  const url = `${scheme}://${isIPv6(address) ? `[${address}]` : address}:${port}`;
  const portPrefix = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
  return [
    ...(first ? [{ name: `${prefix}_PORT`, value: url }] : []),
    { name: portPrefix, value: url },
    { name: `${portPrefix}_PROTO`, value: scheme },
    { name: `${portPrefix}_PORT`, value: String(port) },
    { name: `${portPrefix}_ADDR`, value: address },
  ];
}

function variableName(name: string): string {
  return name.replaceAll('-', '_').toUpperCase();
}

import type { Container, ContainerPort } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';

interface Placed {
  readonly path: string;
  readonly port: DeepReadonly<ContainerPort>;
}

/** Nobody is served while ports are compared: neither with more of the same number, nor once so much was said. */
const MAX_COMPARED = 100;
const MAX_WARNINGS = 100;

/** Ports of a pod that more than one of its containers, or one of them twice, has. */
export function portWarnings(containers: readonly { container: DeepReadonly<Container>; path: string }[]): string[] {
  const seen = new Map<string, Placed[]>();
  const warnings: string[] = [];
  for (const { container, path } of containers) {
    for (const [i, port] of (container.ports ?? []).entries()) {
      if (warnings.length >= MAX_WARNINGS) return warnings;
      const placed = { path: `${path}.ports[${i}]`, port };
      const key = `${port.containerPort}/${port.protocol ?? 'TCP'}`;
      const others = seen.get(key) ?? [];
      seen.set(key, others);
      warnings.push(...hostAddressWarnings(placed), ...others.flatMap((other) => conflictWarnings(placed, other)));
      if (others.length < MAX_COMPARED) others.push(placed);
    }
  }
  return warnings;
}

function hostAddressWarnings({ path, port }: Placed): string[] {
  const { name = '', hostPort = 0, containerPort, protocol = 'TCP', hostIP = '' } = port;
  if (hostIP === '' || hostPort !== 0) return [];
  const shown = `{Name:${name} HostPort:0 ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;
  return [`${path}: hostIP set without hostPort: ${shown}`];
}

function conflictWarnings({ path, port }: Placed, other: Placed): string[] {
  const [hostPort, otherPort] = [port.hostPort ?? 0, other.port.hostPort ?? 0];
  const [hostIP, otherIP] = [port.hostIP ?? '', other.port.hostIP ?? ''];
  if (hostIP === otherIP && hostPort === otherPort) return [`${path}: duplicate port definition with ${other.path}`];
  if (hostPort === 0 || otherPort === 0) return [`${path}: overlapping port definition with ${other.path}`];
  const isAmbiguous = hostPort === otherPort && (hostIP === '') !== (otherIP === '');
  return isAmbiguous ? [`${path}: dangerously ambiguous port definition with ${other.path}`] : [];
}

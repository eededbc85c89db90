import type { Container, ContainerPort } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';

interface Placed {
  readonly path: string;
  readonly port: DeepReadonly<ContainerPort>;
}

/** Ports of a pod that more than one of its containers, or one of them twice, has. */
export function portWarnings(containers: readonly { container: DeepReadonly<Container>; path: string }[]): string[] {
  const seen = new Map<string, Placed[]>();
  return containers.flatMap(({ container, path }) =>
    (container.ports ?? []).flatMap((port, i) => {
      const placed = { path: `${path}.ports[${i}]`, port };
      const key = `${port.containerPort}/${port.protocol ?? 'TCP'}`;
      const others = seen.get(key) ?? [];
      seen.set(key, [...others, placed]);
      return [...hostAddressWarnings(placed), ...others.flatMap((other) => conflictWarnings(placed, other))];
    }),
  );
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

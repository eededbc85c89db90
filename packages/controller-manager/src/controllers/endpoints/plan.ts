import {
  type DeepReadonly,
  type EndpointAddress,
  type EndpointSubset,
  type Endpoints,
  isPodReady,
  isPodTerminal,
  type Pod,
  type Service,
} from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import { targetPort } from '../endpoint-slice/plan.js';

/** More than these are left out, and an annotation says so. */
const MAX_ADDRESSES = 1_000;

/** The Endpoints of a Service, as the pods give them. */
export function planEndpoints(service: Cached<Service>, pods: readonly Cached<Pod>[]): Endpoints {
  const { namespace, name, labels } = service.metadata;
  const headless: Record<string, string> =
    service.spec?.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {};
  const subsets = planSubsets(service, pods);
  const count = subsets.reduce(
    (sum, { addresses = [], notReadyAddresses = [] }) => sum + addresses.length + notReadyAddresses.length,
    0,
  );
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      namespace,
      name,
      labels: { ...labels, ...headless, 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' },
      ...(count > MAX_ADDRESSES ? { annotations: { 'endpoints.kubernetes.io/over-capacity': 'truncated' } } : {}),
    },
    ...(subsets.length > 0 ? { subsets: truncated(subsets) } : {}),
  };
}

function planSubsets(service: Cached<Service>, pods: readonly Cached<Pod>[]): EndpointSubset[] {
  const publishNotReady = service.spec?.publishNotReadyAddresses === true;
  const subsets = new Map<string, Required<EndpointSubset>>();
  for (const pod of pods) {
    const leaving = pod.metadata.deletionTimestamp !== undefined && !publishNotReady;
    if (!pod.status?.podIP || isPodTerminal(pod) || leaving) continue;
    const ports = (service.spec?.ports ?? []).flatMap((port) => {
      const number = targetPort(pod, port);
      if (number === undefined) return [];
      const { name, protocol = 'TCP', appProtocol } = port;
      return [{ ...(name ? { name } : {}), port: number, protocol, ...(appProtocol ? { appProtocol } : {}) }];
    });
    if (ports.length === 0 && (service.spec?.ports ?? []).length > 0) continue;
    const key = JSON.stringify(ports);
    const subset = subsets.get(key) ?? { addresses: [], notReadyAddresses: [], ports };
    subsets.set(key, subset);
    (publishNotReady || isPodReady(pod) ? subset.addresses : subset.notReadyAddresses).push(addressOf(service, pod));
  }
  return [...subsets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, subset]) => tidy(subset));
}

/** Sorted, and without empty lists. */
function tidy({ addresses, notReadyAddresses, ports }: Required<EndpointSubset>): EndpointSubset {
  const byIp = (a: EndpointAddress, b: EndpointAddress) => (a.ip < b.ip ? -1 : 1);
  return {
    ...(addresses.length > 0 ? { addresses: addresses.sort(byIp) } : {}),
    ...(notReadyAddresses.length > 0 ? { notReadyAddresses: notReadyAddresses.sort(byIp) } : {}),
    ...(ports.length > 0 ? { ports } : {}),
  };
}

function truncated(subsets: readonly EndpointSubset[]): EndpointSubset[] {
  let left = MAX_ADDRESSES;
  const cut = (addresses: EndpointAddress[] | undefined) => {
    const kept = addresses?.slice(0, left);
    left -= kept?.length ?? 0;
    return kept?.length ? kept : undefined;
  };
  return subsets.flatMap(({ addresses, notReadyAddresses, ports }) => {
    const kept = { addresses: cut(addresses), notReadyAddresses: cut(notReadyAddresses) };
    if (!kept.addresses && !kept.notReadyAddresses) return [];
    return [
      {
        ...(kept.addresses ? { addresses: kept.addresses } : {}),
        ...(kept.notReadyAddresses ? { notReadyAddresses: kept.notReadyAddresses } : {}),
        ...(ports ? { ports } : {}),
      },
    ];
  });
}

function addressOf(service: DeepReadonly<Service>, pod: Cached<Pod>): EndpointAddress {
  const { namespace, name, uid } = pod.metadata;
  const hostname = pod.spec?.subdomain === service.metadata?.name ? pod.spec?.hostname : undefined;
  return {
    ip: pod.status?.podIP ?? '',
    ...(hostname ? { hostname } : {}),
    ...(pod.spec?.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}

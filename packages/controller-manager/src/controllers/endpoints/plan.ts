import {
  type DeepReadonly,
  deepEqual,
  type EndpointAddress,
  type EndpointSubset,
  type Endpoints,
  isPodReady,
  isPodTerminal,
  type Pod,
  type Service,
} from '@kubelab/api';
import { type Cached, mutableCopy } from '@kubelab/client';
import { targetPort } from '../endpoint-slice/plan.js';

/** More than these are left out, and an annotation says so. */
const MAX_ADDRESSES = 1_000;
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';
const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const HEADLESS = 'service.kubernetes.io/headless';

/** The Endpoints of a Service, as the pods give them; undefined where `present` is right. */
export function planEndpoints(
  service: Cached<Service>,
  pods: readonly Cached<Pod>[],
  present: Cached<Endpoints> | undefined,
): Endpoints | undefined {
  const { namespace, name } = service.metadata;
  const all = planSubsets(service, pods);
  const subsets = truncated(all);
  const { [OVER_CAPACITY]: _, ...others } = present?.metadata.annotations ?? {};
  const annotations = subsets === all ? others : { ...others, [OVER_CAPACITY]: 'truncated' };
  const labels = labelsOf(service);
  if (
    present &&
    deepEqual(present.subsets ?? [], subsets) &&
    deepEqual(present.metadata.labels ?? {}, labels) &&
    deepEqual(present.metadata.annotations ?? {}, annotations)
  )
    return undefined;
  const metadata = present ? mutableCopy<Endpoints>(present).metadata : { namespace, name };
  return { apiVersion: 'v1', kind: 'Endpoints', metadata: { ...metadata, labels, annotations }, subsets };
}

function labelsOf({ metadata, spec }: Cached<Service>): Record<string, string> {
  const { [HEADLESS]: _, ...labels } = metadata.labels ?? {};
  const headless: Record<string, string> = spec?.clusterIP === 'None' ? { [HEADLESS]: '' } : {};
  return { ...labels, ...headless, [MANAGED_BY]: 'endpoint-controller' };
}

export const isManaged = ({ metadata }: Cached<Endpoints>): boolean =>
  metadata.labels?.[MANAGED_BY] === 'endpoint-controller';

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

/** As many as are allowed, those that are ready first; the same list where all are. */
function truncated(subsets: EndpointSubset[]): EndpointSubset[] {
  const count = (list: EndpointAddress[] | undefined) => list?.length ?? 0;
  const total = subsets.reduce((sum, each) => sum + count(each.addresses) + count(each.notReadyAddresses), 0);
  if (total <= MAX_ADDRESSES) return subsets;
  let left = MAX_ADDRESSES;
  const cut = (list: EndpointAddress[] = []) => {
    const kept = list.slice(0, left);
    left -= kept.length;
    return kept;
  };
  const ready = subsets.map(({ addresses }) => cut(addresses));
  return subsets.flatMap(({ notReadyAddresses: unready, ports = [] }, index) => {
    const kept = { addresses: ready[index] ?? [], notReadyAddresses: cut(unready), ports };
    return kept.addresses.length + kept.notReadyAddresses.length > 0 ? [tidy(kept)] : [];
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

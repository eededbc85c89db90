import { BlockList, isIPv4 } from 'node:net';
import type { Condition, DeepReadonly, IPAddress, ServiceCIDR } from '@kubelab/api';
import type { Cached } from '@kubelab/client';

const MANAGED_BY_LABEL = 'ipaddress.kubernetes.io/managed-by';
const MANAGER = 'ipallocator.k8s.io';

export type ReadyState = Pick<Condition, 'status' | 'reason' | 'message'>;

export const READY: ReadyState = { status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' };
export const STILL_USED: ReadyState = {
  status: 'False',
  reason: 'Terminating',
  message: 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
};

/**
 * Whether a ServiceCIDR may go: another one that stays holds its networks, or
 * no address that was given from them would be left without one (KEP-1880).
 */
export function mayGo(
  leaving: Cached<ServiceCIDR>,
  all: Iterable<Cached<ServiceCIDR>>,
  addresses: () => Iterable<Cached<IPAddress>>,
): boolean {
  const cidrs = leaving.spec?.cidrs ?? [];
  const others = [...all]
    .filter(({ metadata }) => metadata.name !== leaving.metadata.name && metadata.deletionTimestamp === undefined)
    .flatMap(({ spec }) => spec?.cidrs ?? []);
  if (cidrs.every((cidr) => others.some((other) => containsNetwork(other, cidr)))) return true;
  const own = listOf(cidrs);
  const staying = listOf(others);
  for (const { metadata } of addresses()) {
    const { name, labels } = metadata;
    if (labels?.[MANAGED_BY_LABEL] === MANAGER && holds(own, name) && !holds(staying, name)) return false;
  }
  return true;
}

/** The conditions with this `Ready`; undefined where it is there already. */
export function withReady(
  { status }: DeepReadonly<ServiceCIDR>,
  wanted: ReadyState,
  now: string,
): Condition[] | undefined {
  const conditions = status?.conditions ?? [];
  const present = conditions.find(({ type }) => type === 'Ready');
  const { status: state, reason, message } = wanted;
  if (present?.status === state && present.reason === reason && present.message === message) return undefined;
  const lastTransitionTime = present?.status === state ? present.lastTransitionTime : now;
  const ready = { type: 'Ready', ...wanted, lastTransitionTime } as Condition;
  return [...conditions.filter(({ type }) => type !== 'Ready'), ready] as Condition[];
}

function containsNetwork(outer: string, inner: string): boolean {
  const [address = '', length = ''] = inner.split('/');
  return Number(outer.split('/')[1]) <= Number(length) && holds(listOf([outer]), address);
}

function listOf(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', length = ''] = cidr.split('/');
    list.addSubnet(address, Number(length), familyOf(address));
  }
  return list;
}

function holds(list: BlockList, address: string): boolean {
  return list.check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}

import type { Container, Pod, Quantity } from '../generated/types.js';
import { podLimits, podRequests } from '../kinds/pod-resources.js';
import { isTerminalPhase } from '../kinds/pod-status.js';
import type { DeepReadonly } from '../object.js';
import type { ResourceList } from './resource-lists.js';

type ReadonlyPod = DeepReadonly<Pod>;

const COMPUTE = ['cpu', 'memory', 'ephemeral-storage'];
/** What a quota names it must be said of every container: an early mistake of Kubernetes, kept since. */
const MUST_BE_SAID = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];
const HUGE_PAGES = 'hugepages-';

/** What a pod takes of a quota. One that has ended takes its place in `count/pods` only. */
export function podUsage(pod: ReadonlyPod, nowMs: number): Record<string, Quantity> {
  const counted = { 'count/pods': '1' };
  if (!isCharged(pod, nowMs)) return counted;
  return { ...counted, pods: '1', ...computeUsage(podRequests(pod), podLimits(pod)) };
}

function isCharged({ metadata, status }: ReadonlyPod, nowMs: number): boolean {
  if (isTerminalPhase(status?.phase)) return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata ?? {};
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true;
  // One that cannot end, as its node is lost, does not keep others from taking its place.
  return nowMs <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

function computeUsage(requests: ResourceList, limits: ResourceList): Record<string, Quantity> {
  const usage: Record<string, Quantity> = {};
  for (const [name, quantity] of Object.entries(requests)) {
    if (COMPUTE.includes(name) || name.startsWith(HUGE_PAGES)) usage[name] = quantity;
    if (COMPUTE.includes(name) || name.startsWith(HUGE_PAGES) || isExtended(name)) usage[`requests.${name}`] = quantity;
  }
  for (const [name, quantity] of Object.entries(limits)) if (COMPUTE.includes(name)) usage[`limits.${name}`] = quantity;
  return usage;
}

/** Of a node's own: `example.com/device`. */
function isExtended(name: string): boolean {
  const slash = name.indexOf('/');
  return slash > 0 && !name.slice(0, slash).endsWith('kubernetes.io');
}

export function isPodResource(name: string): boolean {
  if (name === 'pods' || name === 'count/pods' || COMPUTE.includes(name) || name.startsWith(HUGE_PAGES)) return true;
  if (name.startsWith('limits.')) return COMPUTE.includes(name.slice('limits.'.length));
  if (!name.startsWith('requests.')) return false;
  const resource = name.slice('requests.'.length);
  return COMPUTE.includes(resource) || resource.startsWith(HUGE_PAGES) || isExtended(resource);
}

/** `must specify limits.cpu for: a,b; …` for containers that leave open what the quota counts; "" when none does. */
export function missingFromPod({ spec }: ReadonlyPod, quotaNames: readonly string[]): string {
  // Said for the pod as a whole, it need not be said of each (KEP-2837).
  const whole = computeUsage(spec?.resources?.requests ?? {}, spec?.resources?.limits ?? {});
  const required = MUST_BE_SAID.filter((name) => quotaNames.includes(name) && !Object.hasOwn(whole, name));
  const containers: readonly DeepReadonly<Container>[] = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  const texts = required.sort().flatMap((name) => {
    const silent = containers
      .filter(({ resources }) => !Object.hasOwn(computeUsage(resources?.requests ?? {}, resources?.limits ?? {}), name))
      .map((container) => container.name)
      .sort();
    return silent.length === 0 ? [] : [`${name} for: ${[...new Set(silent)].join(',')}`];
  });
  return texts.length === 0 ? '' : `must specify ${texts.join('; ')}`;
}

import { type DeepReadonly, keyOf, type Pod, podRequestAmounts, resourceAmounts } from '@kubelab/api';
import type { Cached } from '@kubelab/client';

/** Amounts of resources: cpu in thousandths, all else in whole units. */
export type Amounts = Readonly<Record<string, number>>;

export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

/** A pod with everything about it that is asked again and again, worked out once. */
export interface PodInfo {
  readonly key: string;
  readonly uid: string;
  readonly pod: Cached<Pod>;
  readonly priority: number;
  readonly requests: Amounts;
  /** Cpu and memory with a share for containers that ask for none, so that they too spread out. */
  readonly nonZeroRequests: { readonly cpu: number; readonly memory: number };
  readonly hostPorts: readonly HostPort[];
}

/** What a container counts for in scores when it asks for nothing: 0.1 cpu and 200 MiB, as in Kubernetes. */
const DEFAULT_MILLI_CPU = 100;
const DEFAULT_MEMORY_BYTES = 200 * 1024 * 1024;

export function createPodInfo(pod: Cached<Pod>): PodInfo {
  const requests = podRequestAmounts(pod);
  return {
    key: keyOf(pod),
    uid: pod.metadata.uid,
    pod,
    priority: pod.spec?.priority ?? 0,
    requests,
    nonZeroRequests: nonZeroRequests(pod),
    hostPorts: hostPorts(pod),
  };
}

function nonZeroRequests(pod: DeepReadonly<Pod>): { cpu: number; memory: number } {
  const sum = { cpu: 0, memory: 0 };
  const largestInit = { cpu: 0, memory: 0 };
  for (const [containers, isInit] of [
    [pod.spec?.containers ?? [], false],
    [pod.spec?.initContainers ?? [], true],
  ] as const)
    for (const container of containers) {
      const { cpu = DEFAULT_MILLI_CPU, memory = DEFAULT_MEMORY_BYTES } = resourceAmounts(container.resources?.requests);
      if (isInit && container.restartPolicy !== 'Always') {
        largestInit.cpu = Math.max(largestInit.cpu, cpu);
        largestInit.memory = Math.max(largestInit.memory, memory);
      } else {
        sum.cpu += cpu;
        sum.memory += memory;
      }
    }
  const overhead = resourceAmounts(pod.spec?.overhead);
  return {
    cpu: Math.max(sum.cpu, largestInit.cpu) + (overhead.cpu ?? 0),
    memory: Math.max(sum.memory, largestInit.memory) + (overhead.memory ?? 0),
  };
}

function hostPorts(pod: DeepReadonly<Pod>): HostPort[] {
  const containers = [
    ...(pod.spec?.containers ?? []),
    ...(pod.spec?.initContainers ?? []).filter((container) => container.restartPolicy === 'Always'),
  ];
  return containers.flatMap((container) =>
    (container.ports ?? []).flatMap(({ hostPort, hostIP, protocol }) =>
      hostPort ? [{ ip: hostIP || '0.0.0.0', protocol: protocol ?? 'TCP', port: hostPort }] : [],
    ),
  );
}

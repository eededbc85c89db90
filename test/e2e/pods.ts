import type { ContainerStatus, Pod } from '@kubelab/api';
import type { Kubectl } from './kubectl.js';
import { eventually } from './kubelab-command.js';

type PodSpec = NonNullable<Pod['spec']>;
type Container = PodSpec['containers'][number];

/** A pod of one busybox container that runs a shell script; it is killed without grace unless `spec` says otherwise. */
export function shellPod(
  name: string,
  script: string,
  spec: Partial<PodSpec> = {},
  extra: Partial<Container> = {},
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: { terminationGracePeriodSeconds: 0, containers: [shellContainer('main', script, extra)], ...spec },
  };
}

export function shellContainer(name: string, script: string, extra: Partial<Container> = {}): Container {
  return { name, image: 'busybox', imagePullPolicy: 'IfNotPresent', command: ['sh', '-c', script], ...extra };
}

/** Resolves with the pod once it is as `wanted` says; rejects with what it was last. */
export async function untilPod(
  kubectl: Kubectl,
  name: string,
  what: string,
  wanted: (pod: Pod) => boolean,
  limitMs = 60_000,
): Promise<Pod> {
  let last: Pod | undefined;
  try {
    return await eventually(
      `pod ${name}: ${what}`,
      async () => {
        last = await kubectl.get<Pod>('pod', name);
        return wanted(last) ? last : undefined;
      },
      limitMs,
    );
  } catch (error) {
    throw new Error(`${(error as Error).message}: ${JSON.stringify(last?.status)}`, { cause: error });
  }
}

export async function untilReady(kubectl: Kubectl, ...names: readonly string[]): Promise<void> {
  await kubectl.must('wait', '--for=condition=Ready', '--timeout=60s', ...names.map((name) => `pod/${name}`));
}

export function containerOf(pod: Pod, name = 'main'): ContainerStatus {
  const found = pod.status?.containerStatuses?.find((status) => status.name === name);
  if (!found) throw new Error(`pod ${pod.metadata?.name} tells nothing of container ${name}`);
  return found;
}

export function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

/** The engine's id of a container. */
export function engineId(pod: Pod, name = 'main'): string {
  return (containerOf(pod, name).containerID ?? '').replace('docker://', '');
}

import type {
  ContainerSpec,
  HostNamespaces,
  PodIdentity,
  RuntimeImage,
  SandboxSpec,
} from '../container-runtime/runtime.js';
import type { EnvironmentVariable } from '../environment.js';
import type { ReadonlyPod } from '../pod.js';
import type { Mount } from '../volume-manager.js';
import { containerHash } from './container-hash.js';
import { containerSecurity } from './container-security.js';
import type { ContainerStart } from './plan.js';
import { CONTAINER_ANNOTATIONS } from './pod-state.js';
import { containerResources } from './resource-limits.js';

export function podIdentity(pod: ReadonlyPod): PodIdentity {
  const { namespace = '', name, uid } = pod.metadata;
  return { namespace, name, uid };
}

export function hostNamespaces(pod: ReadonlyPod): HostNamespaces {
  const { hostNetwork = false, hostPID = false, hostIPC = false } = pod.spec ?? {};
  return { network: hostNetwork, pid: hostPID, ipc: hostIPC };
}

export function sandboxSpec(pod: ReadonlyPod, attempt: number, hostname: string): SandboxSpec {
  const sysctls = pod.spec?.securityContext?.sysctls ?? [];
  return {
    pod: podIdentity(pod),
    attempt,
    hostname,
    host: hostNamespaces(pod),
    sysctls: Object.fromEntries(sysctls.map(({ name, value }) => [name, value])),
  };
}

/** All that has been found out about a container that is to be made. */
export interface ContainerIngredients {
  readonly sandboxId: string;
  readonly image: RuntimeImage;
  readonly command: readonly string[] | undefined;
  readonly args: readonly string[] | undefined;
  readonly environment: readonly EnvironmentVariable[];
  readonly mounts: readonly Mount[];
  readonly machineMemoryBytes: number;
}

/** @throws ContainerConfigError */
export function containerSpec(
  pod: ReadonlyPod,
  { container, restartCount, restartDelayMs, targetId }: ContainerStart,
  ingredients: ContainerIngredients,
): ContainerSpec {
  const { sandboxId, image, command, args, environment, mounts, machineMemoryBytes } = ingredients;
  return {
    pod: podIdentity(pod),
    sandboxId,
    host: hostNamespaces(pod),
    shareProcessNamespace: pod.spec?.shareProcessNamespace ?? false,
    targetId,
    name: container.name,
    image: container.image ?? image.id,
    restartCount,
    annotations: {
      [CONTAINER_ANNOTATIONS.sandbox]: sandboxId,
      [CONTAINER_ANNOTATIONS.hash]: containerHash(container),
      [CONTAINER_ANNOTATIONS.restartDelayMs]: String(restartDelayMs),
    },
    command,
    args,
    environment,
    workingDir: container.workingDir || undefined,
    mounts,
    resources: containerResources(pod, container, machineMemoryBytes),
    security: containerSecurity(pod, container, image),
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
  };
}

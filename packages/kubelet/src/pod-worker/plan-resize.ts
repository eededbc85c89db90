import type { ContainerResources, RuntimeContainer } from '../container-runtime/runtime.js';
import type { ReadonlyContainer, ReadonlyPod } from '../pod.js';
import { containerResources } from './resource-limits.js';

/** A running container whose limits in the kernel are not those that it has been given. */
export interface ContainerUpdate {
  readonly container: RuntimeContainer;
  readonly resources: ContainerResources;
}

/**
 * What makes a running container have the resources that its spec, as allocated,
 * gives it: nothing, an update, or a restart where its resizePolicy wants one.
 */
export function planResize(
  pod: ReadonlyPod,
  container: ReadonlyContainer,
  running: RuntimeContainer,
): ContainerUpdate | 'restart' | undefined {
  const has = running.resources;
  if (has === undefined || running.state !== 'running') return undefined;
  // The score is not for a running process.
  const resources = containerResources(pod, container, 1);
  const changed = [
    ...(has.cpuShares === resources.cpuShares && has.cpuQuotaMicroseconds === resources.cpuQuotaMicroseconds
      ? []
      : ['cpu']),
    ...(has.memoryBytes === resources.memoryBytes ? [] : ['memory']),
  ];
  if (changed.length === 0) return undefined;
  // An engine that cannot limit it at all is not asked again and again with new containers.
  const unlimited = changed.includes('memory') && has.memoryBytes === undefined;
  const restarts =
    !unlimited &&
    (container.resizePolicy ?? []).some(
      ({ resourceName, restartPolicy }) => restartPolicy === 'RestartContainer' && changed.includes(resourceName),
    );
  return restarts ? 'restart' : { container: running, resources };
}

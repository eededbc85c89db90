import { ApiError, notFound, type Pod, pods } from '@kubelab/api';
import type { Informer } from '@kubelab/client';
import type { ContainerCache } from '../container-cache.js';
import type { RuntimeContainer } from '../container-runtime/runtime.js';
import type { ReadonlyPod } from '../pod.js';
import { type PodState, toPodState } from '../pod-worker/pod-state.js';
import type { PodContainerMessage } from './messages.js';

export interface PodDirectory {
  readonly pods: Pick<Informer<Pod>, 'get'>;
  readonly cache: Pick<ContainerCache, 'of'>;
}

export interface FoundPod {
  readonly pod: ReadonlyPod;
  readonly state: PodState;
}

/** @throws ApiError NotFound, also for a pod of the name that is another one by now */
export function findPod({ pods: informer, cache }: PodDirectory, target: PodContainerMessage | null): FoundPod {
  const { namespace = '', pod: name = '', podUid = '' } = target ?? {};
  const pod = informer.get(`${namespace}/${name}`);
  if (!pod || (podUid !== '' && pod.metadata.uid !== podUid)) throw notFound(pods, name);
  return { pod, state: toPodState(cache.of(pod.metadata.uid)) };
}

/** The container that runs now. @throws ApiError in the kubelet's words */
export function findRunning(directory: PodDirectory, target: PodContainerMessage | null): RuntimeContainer {
  const { state } = findPod(directory, target);
  const name = target?.container ?? '';
  const container = state.containers.get(name)?.[0];
  if (container?.state !== 'running') throw new ApiError('InternalError', `container not found ("${name}")`);
  return container;
}

/** The instance whose log is asked for. @throws ApiError BadRequest in the kubelet's words */
export function findLogged(
  directory: PodDirectory,
  target: PodContainerMessage | null,
  previous: boolean,
): RuntimeContainer {
  const { pod, state } = findPod(directory, target);
  const name = target?.container ?? '';
  const which = `container "${name}" in pod "${pod.metadata.name}"`;
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const known = [...containers, ...initContainers, ...ephemeralContainers];
  if (!known.some((container) => container.name === name)) {
    throw new ApiError('BadRequest', `${which} is not available`);
  }
  const instances = (state.containers.get(name) ?? []).filter((instance) => instance.state !== 'created');
  const [newest] = instances;
  if (previous) {
    // While it waits to be started again, the one that ended is itself the previous one.
    const waiting = waitingReasonOf(pod, name) !== undefined;
    const ended = waiting && newest?.state === 'exited' ? newest : instances[1];
    if (!ended) throw new ApiError('BadRequest', `previous terminated ${which} not found`);
    return ended;
  }
  if (!newest) throw new ApiError('BadRequest', `${which} is waiting to start: ${describeWaiting(pod, name)}`);
  return newest;
}

function waitingReasonOf(pod: ReadonlyPod, name: string): string | undefined {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  const all = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses];
  const status = all.find((one) => one.name === name);
  return status?.state?.waiting?.reason;
}

function describeWaiting(pod: ReadonlyPod, name: string): string {
  const reason = waitingReasonOf(pod, name) ?? 'ContainerCreating';
  if (reason === 'ErrImagePull') return "image can't be pulled";
  if (reason === 'ImagePullBackOff') return 'trying and failing to pull image';
  return reason;
}

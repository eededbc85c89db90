import { ApiError, type Persisted, type Pod } from '@kubelab/api';
import type { PodContainerMessage } from './kubelet/messages.js';

interface Named {
  name: string;
}

/**
 * The container that is meant: the one that is named, or the only one.
 * @throws ApiError BadRequest, in Kubernetes' words
 */
export function chooseContainer(pod: Persisted<Pod>, name: string | null): string {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  if (name) {
    const known = [...containers, ...initContainers, ...ephemeralContainers];
    if (known.some((container) => container.name === name)) return name;
    throw new ApiError('BadRequest', `container ${name} is not valid for pod ${pod.metadata.name}`);
  }
  const [only, ...others] = containers;
  if (only && others.length === 0) return only.name;
  throw new ApiError('BadRequest', mustBeNamed(pod.metadata.name, containers, initContainers));
}

function mustBeNamed(podName: string, containers: readonly Named[], initContainers: readonly Named[]): string {
  const message = `a container name must be specified for pod ${podName}`;
  if (containers.length === 0) return message;
  const choices = `${message}, choose one of: [${namesOf(containers)}]`;
  return initContainers.length === 0
    ? choices
    : `${choices} or one of the init containers: [${namesOf(initContainers)}]`;
}

function namesOf(containers: readonly Named[]): string {
  return containers.map(({ name }) => name).join(' ');
}

/** The node whose kubelet runs the pod. @throws ApiError BadRequest for a pod without one */
export function nodeNameOf(pod: Persisted<Pod>): string {
  const nodeName = pod.spec?.nodeName ?? '';
  if (nodeName === '') throw new ApiError('BadRequest', `pod ${pod.metadata.name} does not have a host assigned`);
  return nodeName;
}

export function targetOf(pod: Persisted<Pod>, container: string): PodContainerMessage {
  const { namespace = '', name, uid } = pod.metadata;
  return { namespace, pod: name, podUid: uid, container };
}

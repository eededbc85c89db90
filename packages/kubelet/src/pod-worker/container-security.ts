import type { ContainerSecurity, RuntimeImage } from '../container-runtime/runtime.js';
import { ContainerConfigError } from '../environment.js';
import type { ReadonlyContainer, ReadonlyPod } from '../pod.js';

/**
 * The pod's and the container's securityContext as one; the container's wins.
 * @throws ContainerConfigError where runAsNonRoot does not hold.
 */
export function containerSecurity(
  pod: ReadonlyPod,
  container: ReadonlyContainer,
  image: RuntimeImage,
): ContainerSecurity {
  const ofPod = pod.spec?.securityContext ?? {};
  const own = container.securityContext ?? {};
  const runAsUser = own.runAsUser ?? ofPod.runAsUser;
  const runAsGroup = own.runAsGroup ?? ofPod.runAsGroup;
  if (own.runAsNonRoot ?? ofPod.runAsNonRoot) requireNonRoot(pod, container, runAsUser, image);
  const seccomp = (own.seccompProfile ?? ofPod.seccompProfile)?.type ?? 'Unconfined';
  const privileged = own.privileged ?? false;
  return {
    user: userOf(runAsUser, runAsGroup, image),
    supplementalGroups: [...(ofPod.supplementalGroups ?? []), ...(ofPod.fsGroup === undefined ? [] : [ofPod.fsGroup])],
    privileged,
    allowPrivilegeEscalation: own.allowPrivilegeEscalation ?? true,
    readOnlyRootFilesystem: own.readOnlyRootFilesystem ?? false,
    addCapabilities: own.capabilities?.add ?? [],
    dropCapabilities: own.capabilities?.drop ?? [],
    seccomp: seccomp === 'Unconfined' || privileged ? 'unconfined' : undefined,
    unmaskedProc: own.procMount === 'Unmasked',
  };
}

function userOf(
  runAsUser: number | undefined,
  runAsGroup: number | undefined,
  image: RuntimeImage,
): string | undefined {
  if (runAsUser === undefined && runAsGroup === undefined) return undefined;
  const user = runAsUser === undefined ? (image.user.split(':')[0] ?? '') || '0' : String(runAsUser);
  return runAsGroup === undefined ? user : `${user}:${runAsGroup}`;
}

function requireNonRoot(
  pod: ReadonlyPod,
  container: ReadonlyContainer,
  runAsUser: number | undefined,
  image: RuntimeImage,
): void {
  const where = `(pod: "${pod.metadata.name}_${pod.metadata.namespace ?? ''}(${pod.metadata.uid})", container: ${container.name})`;
  if (runAsUser === 0) {
    throw new ContainerConfigError(`container's runAsUser breaks non-root policy ${where}`);
  }
  if (runAsUser !== undefined) return;
  const imageUser = image.user.split(':')[0] ?? '';
  if (imageUser === '' || imageUser === '0' || imageUser === 'root') {
    throw new ContainerConfigError(`container has runAsNonRoot and image will run as root ${where}`);
  }
  if (!/^\d+$/.test(imageUser)) {
    throw new ContainerConfigError(
      `container has runAsNonRoot and image has non-numeric user (${imageUser}), cannot verify user is non-root ${where}`,
    );
  }
}

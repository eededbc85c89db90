import type { ReadonlyPod } from '../pod.js';

/** The user that every container of a pod runs as, where the pod says so and it is one and the same. */
export function commonUserOf({ spec }: ReadonlyPod): number | undefined {
  const containers = [
    ...(spec?.initContainers ?? []),
    ...(spec?.containers ?? []),
    ...(spec?.ephemeralContainers ?? []),
  ];
  const users = containers.map(({ securityContext }) => securityContext?.runAsUser ?? spec?.securityContext?.runAsUser);
  const [first] = users;
  return first !== undefined && users.every((user) => user === first) ? first : undefined;
}

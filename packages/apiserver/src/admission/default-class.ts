import type { KubernetesObject, Persisted } from '@kubelab/api';

/** Of the classes that are marked as default, the newest; of those that are of one second, the first by name. */
export function defaultClassOf<T extends KubernetesObject>(
  classes: readonly Persisted<T>[],
  annotations: readonly string[],
): Persisted<T> | undefined {
  const isDefault = ({ metadata }: Persisted<T>) => annotations.some((name) => metadata.annotations?.[name] === 'true');
  return classes.filter(isDefault).sort(({ metadata: left }, { metadata: right }) => {
    const later = Date.parse(right.creationTimestamp) - Date.parse(left.creationTimestamp);
    return later === 0 ? (left.name < right.name ? -1 : 1) : later;
  })[0];
}

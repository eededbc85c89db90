import type { ReadonlyPod } from './pod.js';

/** `ConfigMap/NAMESPACE/NAME` */
export type ObjectReferenceKey = `${'ConfigMap' | 'Secret'}/${string}/${string}`;

/** Every ConfigMap and Secret that a pod names. */
export function referencesOf(pod: ReadonlyPod): ReadonlySet<ObjectReferenceKey> {
  const { namespace = '' } = pod.metadata;
  const found = new Set<ObjectReferenceKey>();
  const add = (kind: 'ConfigMap' | 'Secret', name: string | undefined): void => {
    if (name) found.add(`${kind}/${namespace}/${name}`);
  };
  for (const { env = [], envFrom = [] } of containersOf(pod)) {
    for (const { valueFrom } of env) {
      add('ConfigMap', valueFrom?.configMapKeyRef?.name);
      add('Secret', valueFrom?.secretKeyRef?.name);
    }
    for (const { configMapRef, secretRef } of envFrom) {
      add('ConfigMap', configMapRef?.name);
      add('Secret', secretRef?.name);
    }
  }
  for (const { configMap, secret, projected } of pod.spec?.volumes ?? []) {
    add('ConfigMap', configMap?.name);
    add('Secret', secret?.secretName);
    for (const source of projected?.sources ?? []) {
      add('ConfigMap', source.configMap?.name);
      add('Secret', source.secret?.name);
    }
  }
  for (const { name } of pod.spec?.imagePullSecrets ?? []) add('Secret', name);
  return found;
}

function containersOf({ spec }: ReadonlyPod) {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? []), ...(spec?.ephemeralContainers ?? [])];
}

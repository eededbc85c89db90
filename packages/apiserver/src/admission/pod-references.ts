import type { Pod, PodSpec, Volume } from '@kubelab/api';

/** The first kind of object that a pod needs from the API, named as NodeRestriction does; undefined for a pod that needs none. */
export function whatPodReferences({ spec = { containers: [] } }: Pod): string | undefined {
  const volumes = spec.volumes ?? [];
  if (spec.serviceAccountName) return 'a service account';
  if (referencesSecrets(spec, volumes)) return 'secrets';
  if (referencesConfigMaps(spec, volumes)) return 'configmaps';
  if (sourcesOf(volumes).some(({ clusterTrustBundle }) => clusterTrustBundle)) return 'clustertrustbundles';
  if (volumes.some(({ persistentVolumeClaim }) => persistentVolumeClaim)) return 'persistentvolumeclaims';
  return undefined;
}

function referencesSecrets(spec: PodSpec, volumes: readonly Volume[]): boolean {
  return (
    (spec.imagePullSecrets ?? []).length > 0 ||
    volumes.some(({ secret }) => secret) ||
    sourcesOf(volumes).some(({ secret }) => secret) ||
    containersOf(spec).some(
      ({ env, envFrom }) =>
        env?.some(({ valueFrom }) => valueFrom?.secretKeyRef) || envFrom?.some(({ secretRef }) => secretRef),
    )
  );
}

function referencesConfigMaps(spec: PodSpec, volumes: readonly Volume[]): boolean {
  return (
    volumes.some(({ configMap }) => configMap) ||
    sourcesOf(volumes).some(({ configMap }) => configMap) ||
    containersOf(spec).some(
      ({ env, envFrom }) =>
        env?.some(({ valueFrom }) => valueFrom?.configMapKeyRef) || envFrom?.some(({ configMapRef }) => configMapRef),
    )
  );
}

function sourcesOf(volumes: readonly Volume[]) {
  return volumes.flatMap(({ projected }) => projected?.sources ?? []);
}

function containersOf({ initContainers, containers, ephemeralContainers }: PodSpec) {
  return [...(initContainers ?? []), ...(containers ?? []), ...(ephemeralContainers ?? [])];
}

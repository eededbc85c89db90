import type { Container, DeepReadonly, Pod, Volume } from '@kubelab/api';

export type ReferenceKind = 'secrets' | 'configmaps' | 'persistentvolumeclaims' | 'serviceaccounts' | 'pods';

/** `secrets/NAMESPACE/NAME` */
export type Reference = `${ReferenceKind}/${string}`;

export function referenceTo(kind: ReferenceKind, namespace: string, name: string): Reference {
  return `${kind}/${namespace}/${name}`;
}

const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

/**
 * What the kubelet of the pod's node must be able to read for it. Nothing for a
 * mirror pod, which the kubelet itself has made: it would give itself rights.
 */
export function referencesOf(pod: DeepReadonly<Pod>): Reference[] {
  const { namespace = '', name = '', annotations } = pod.metadata ?? {};
  const { spec } = pod;
  if (spec === undefined || annotations?.[MIRROR_ANNOTATION] !== undefined) return [];
  const references = new Set<Reference>([referenceTo('pods', namespace, name)]);
  const add = (kind: ReferenceKind, referred: string | undefined) => {
    if (referred) references.add(referenceTo(kind, namespace, referred));
  };
  add('serviceaccounts', spec.serviceAccountName);
  for (const secret of spec.imagePullSecrets ?? []) add('secrets', secret.name);
  const containers = [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
  for (const container of containers) addContainer(container as DeepReadonly<Container>, add);
  for (const volume of spec.volumes ?? []) addVolume(volume, name, add);
  return [...references];
}

type Add = (kind: ReferenceKind, name: string | undefined) => void;

function addContainer({ env = [], envFrom = [] }: DeepReadonly<Container>, add: Add): void {
  for (const { valueFrom } of env) {
    add('secrets', valueFrom?.secretKeyRef?.name);
    add('configmaps', valueFrom?.configMapKeyRef?.name);
  }
  for (const { secretRef, configMapRef } of envFrom) {
    add('secrets', secretRef?.name);
    add('configmaps', configMapRef?.name);
  }
}

function addVolume(volume: DeepReadonly<Volume>, podName: string, add: Add): void {
  add('secrets', volume.secret?.secretName);
  add('configmaps', volume.configMap?.name);
  add('persistentvolumeclaims', volume.persistentVolumeClaim?.claimName);
  if (volume.ephemeral) add('persistentvolumeclaims', `${podName}-${volume.name}`);
  for (const { secret, configMap } of volume.projected?.sources ?? []) {
    add('secrets', secret?.name);
    add('configmaps', configMap?.name);
  }
  const drivers = [
    volume.csi?.nodePublishSecretRef,
    volume.flexVolume?.secretRef,
    volume.cephfs?.secretRef,
    volume.iscsi?.secretRef,
    volume.rbd?.secretRef,
    volume.scaleIO?.secretRef,
    volume.storageos?.secretRef,
  ];
  for (const reference of drivers) add('secrets', reference?.name);
  add('secrets', volume.azureFile?.secretName);
}

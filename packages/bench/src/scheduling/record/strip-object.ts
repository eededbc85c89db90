import type { Node, PersistentVolume, PersistentVolumeClaim, Pod, PodSpec, PriorityClass } from '@kubelab/api';
import type { Template } from '../workload/workload.js';

/** What the apiserver mounts into every pod of an account, which it will mount again. */
const TOKEN_VOLUME = /^kube-api-access-/;

/** A pod as its maker may have described it: without its status, its node, and what admission put into it. */
export function stripPod({ metadata, spec }: Pod): Template {
  const {
    nodeName: _node,
    serviceAccount: _old,
    serviceAccountName: _account,
    priority: _priority,
    ...rest
  } = spec ?? ({} as PodSpec);
  const containers = (list: PodSpec['containers'] | undefined) =>
    list?.map((each) => ({
      ...each,
      volumeMounts: each.volumeMounts?.filter(({ name }) => !TOKEN_VOLUME.test(name)),
    }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: metadata?.name ?? '', labels: metadata?.labels ?? {} },
    spec: {
      ...rest,
      containers: containers(rest.containers) ?? [],
      ...(rest.initContainers ? { initContainers: containers(rest.initContainers) } : {}),
      ...(rest.volumes ? { volumes: rest.volumes.filter(({ name }) => !TOKEN_VOLUME.test(name)) } : {}),
    },
  };
}

/** A node's labels, taints and size. */
export function stripNode({ metadata, spec, status }: Node): Template {
  const taints = spec?.taints?.filter(({ key }) => !key.startsWith('node.kubernetes.io/'));
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: metadata?.name ?? '', labels: metadata?.labels ?? {} },
    spec: {
      ...(taints && taints.length > 0 ? { taints } : {}),
      ...(spec?.unschedulable ? { unschedulable: true } : {}),
    },
    status: { capacity: status?.capacity, allocatable: status?.allocatable },
  };
}

/** What a claim asks for; its class and its source matter to who provisions, and nobody does so again. */
export function stripClaim({ metadata, spec }: PersistentVolumeClaim): Template {
  const { accessModes, resources, volumeMode } = spec ?? {};
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: metadata?.name ?? '', labels: metadata?.labels ?? {} },
    spec: { accessModes, resources, volumeMode },
  };
}

/** Where a volume can be used, how large it is, and whose driver attaches it; not where its data are, nor with which secrets. */
export function stripVolume({ metadata, spec }: PersistentVolume): Template {
  const { accessModes, capacity, volumeMode, nodeAffinity, csi } = spec ?? {};
  const name = metadata?.name ?? '';
  const source = csi
    ? { csi: { driver: csi.driver, volumeHandle: `replay-${name}` } }
    : { hostPath: { path: '/replay' } };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, labels: metadata?.labels ?? {} },
    spec: { accessModes, capacity, volumeMode, nodeAffinity, ...source, persistentVolumeReclaimPolicy: 'Retain' },
  };
}

export function stripPriorityClass({ metadata, value, globalDefault, preemptionPolicy }: PriorityClass): Template {
  const name = metadata?.name ?? '';
  return {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value,
    globalDefault,
    preemptionPolicy,
  };
}

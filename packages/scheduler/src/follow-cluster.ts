import { isPodTerminal, type KubernetesObject, type Namespace, type Node, type Pod } from '@kubelab/api';
import type { Cached, Change, Informer } from '@kubelab/client';
import type { ObjectKind } from './cluster/cluster-objects.js';
import { createPodInfo } from './cluster/pod-info.js';
import { type EventResource, nodeEvents, podEvents } from './cluster-event.js';
import type { SchedulingCore } from './create-core.js';
import { Explainer } from './explain/explainer.js';

export interface ClusterInformers {
  readonly nodes: Informer<Node>;
  readonly pods: Informer<Pod>;
  readonly namespaces: Informer<Namespace>;
  /** Of the kinds that plugins look up, and the cluster has. */
  readonly objects: ReadonlyMap<ObjectKind, Informer<KubernetesObject>>;
}

/** Kinds whose changes may help a pod. */
const EVENT_RESOURCES: Readonly<Partial<Record<ObjectKind, EventResource>>> = {
  services: 'Service',
  persistentvolumes: 'PersistentVolume',
  persistentvolumeclaims: 'PersistentVolumeClaim',
  storageclasses: 'StorageClass',
  csinodes: 'CSINode',
  csidrivers: 'CSIDriver',
  csistoragecapacities: 'CSIStorageCapacity',
  volumeattachments: 'VolumeAttachment',
};

const ACTIONS = { added: 'Add', modified: 'Update', deleted: 'Delete' } as const;

/** Keeps the cache and the queue as the apiserver says. */
export function followCluster(informers: ClusterInformers, core: SchedulingCore, explainer: Explainer): void {
  const { cache, queue } = core;
  informers.namespaces.onChange(({ type, object, old }) => {
    const { name, labels = {} } = object.metadata;
    cache.setNamespace(name, type === 'deleted' ? undefined : labels);
    if (type !== 'deleted') queue.notify({ resource: 'Namespace', action: ACTIONS[type], object, old });
  });
  informers.nodes.onChange(({ type, object, old }) => {
    if (type === 'deleted') {
      cache.removeNode(object.metadata.name);
      queue.notify({ resource: 'Node', action: 'Delete', object });
      return;
    }
    cache.setNode(object);
    for (const event of nodeEvents(object, old)) queue.notify(event);
  });
  for (const [kind, informer] of informers.objects) {
    const resource = EVENT_RESOURCES[kind];
    if (resource)
      informer.onChange(({ type, object, old }) => queue.notify({ resource, action: ACTIONS[type], object, old }));
  }
  informers.pods.onChange((change) => followPod(change, core, explainer));
}

function followPod(change: Change<Pod>, core: SchedulingCore, explainer: Explainer): void {
  const { type, object, old } = change;
  const { uid } = object.metadata;
  // A pod of the same name may be another pod.
  if (old && old.metadata.uid !== uid) podGone(old, core);
  if (type === 'deleted' || isPodTerminal(object)) podGone(object, core);
  else if (object.spec?.nodeName) podPlaced(object, core);
  else if (waits(object, core)) podWaits(change, core);
  else core.queue.delete(uid);
  if (type === 'deleted' || !core.profiles.has(object.spec?.schedulerName ?? '')) return;
  const isDecided = Boolean(object.spec?.nodeName) || core.queue.isHeldBack(uid);
  if (isDecided && Explainer.asks(object)) explainer.answer(object);
}

const waits = ({ metadata, spec }: Cached<Pod>, { profiles }: SchedulingCore): boolean =>
  metadata.deletionTimestamp === undefined && profiles.has(spec?.schedulerName ?? '');

function podGone(pod: Cached<Pod>, { cache, queue, nominator, waiting }: SchedulingCore): void {
  const { uid } = pod.metadata;
  queue.delete(uid);
  waiting.reject(uid, '', 'the pod is gone');
  const tookRoom = cache.isPlaced(uid) || nominator.nodeOf(uid) !== undefined;
  nominator.delete(uid);
  cache.removePod(uid);
  if (tookRoom) queue.notify({ resource: 'AssignedPod', action: 'Delete', object: pod });
}

function podPlaced(pod: Cached<Pod>, { cache, queue, nominator }: SchedulingCore): void {
  const { uid } = pod.metadata;
  queue.delete(uid);
  nominator.delete(uid);
  const isConfirmed = cache.isConfirmed(uid);
  const before = cache.pod(uid);
  const now = cache.setPod(pod);
  if (!isConfirmed) queue.notify({ resource: 'AssignedPod', action: 'Add', object: pod });
  else if (before) for (const event of podEvents(now, before, 'AssignedPod')) queue.notify(event);
}

function podWaits({ object, old, trace }: Change<Pod>, { cache, queue, nominator }: SchedulingCore): void {
  const { uid } = object.metadata;
  if (cache.isPlaced(uid)) return;
  const info = createPodInfo(object);
  const isSame = old?.metadata.uid === uid;
  const nominated = object.status?.nominatedNodeName;
  if (nominated) nominator.set(info, nominated);
  else if (isSame && old.status?.nominatedNodeName) nominator.delete(uid);
  queue.set(info, trace, isSame ? createPodInfo(old) : undefined);
}

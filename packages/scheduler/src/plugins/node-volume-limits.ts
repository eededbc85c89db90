import type { ClusterObjects } from '../cluster/cluster-objects.js';
import type { PodInfo } from '../cluster/pod-info.js';
import type { Plugin, Rejection } from '../framework.js';
import { claimKey, classOf } from './volume-claims.js';

const EXCEEDED: Rejection = { reasons: ['node(s) exceed max volume count'], unresolvable: false };

/** A node attaches no more volumes of a CSI driver than its CSINode says. */
export function nodeVolumeLimits(objects: ClusterObjects): Plugin {
  return {
    name: 'NodeVolumeLimits',
    events: [
      { resource: 'CSINode', actions: ['Add', 'Update'] },
      { resource: 'AssignedPod', actions: ['Delete'] },
      { resource: 'PersistentVolumeClaim', actions: ['Add'] },
      { resource: 'VolumeAttachment', actions: ['Delete'] },
    ],
    preFilter: (_, pod) => (pod.claims.length === 0 || objects.size('csinodes') === 0 ? 'skip' : undefined),
    filter(_, pod, node) {
      const limits = new Map<string, number>();
      for (const { name, allocatable } of objects.get('csinodes', node.name)?.spec.drivers ?? [])
        if (allocatable?.count !== undefined) limits.set(name, allocatable.count);
      if (limits.size === 0) return undefined;
      const wanted = volumesOf(pod, objects);
      if (![...wanted.values()].some((driver) => limits.has(driver))) return undefined;
      const attached = new Map<string, string>();
      for (const other of node.pods.values())
        if (other.claims.length > 0) for (const [id, driver] of volumesOf(other, objects)) attached.set(id, driver);
      for (const { spec } of objects.list('volumeattachments'))
        if (spec.nodeName === node.name && spec.source.persistentVolumeName) {
          const csi = objects.get('persistentvolumes', spec.source.persistentVolumeName)?.spec?.csi;
          if (csi) attached.set(`${csi.driver}/${csi.volumeHandle}`, csi.driver);
        }
      return exceeds(wanted, attached, limits) ? EXCEEDED : undefined;
    },
  };
}

function exceeds(
  wanted: ReadonlyMap<string, string>,
  attached: ReadonlyMap<string, string>,
  limits: ReadonlyMap<string, number>,
): boolean {
  const counts = new Map<string, number>();
  for (const driver of attached.values()) counts.set(driver, (counts.get(driver) ?? 0) + 1);
  for (const [id, driver] of wanted) {
    if (attached.has(id)) continue;
    const count = (counts.get(driver) ?? 0) + 1;
    counts.set(driver, count);
    if (count > (limits.get(driver) ?? Number.POSITIVE_INFINITY)) return true;
  }
  return false;
}

/** The pod's volumes of CSI drivers: what identifies each, and its driver. One that is not made yet goes by its claim. */
function volumesOf(pod: PodInfo, objects: ClusterObjects): Map<string, string> {
  const volumes = new Map<string, string>();
  for (const podClaim of pod.claims) {
    const key = claimKey(pod, podClaim);
    const claim = objects.get('persistentvolumeclaims', key);
    if (claim === undefined) continue;
    const volume = claim.spec?.volumeName ? objects.get('persistentvolumes', claim.spec.volumeName) : undefined;
    if (volume) {
      const { csi } = volume.spec ?? {};
      if (csi) volumes.set(`${csi.driver}/${csi.volumeHandle}`, csi.driver);
      continue;
    }
    const driver = objects.get('storageclasses', classOf(claim))?.provisioner;
    if (driver) volumes.set(`${driver}/${key}`, driver);
  }
  return volumes;
}

import type { DeepReadonly, Volume } from '@kubelab/api';
import type { SchedulerCache } from '../cluster/cache.js';
import type { ClusterObjects } from '../cluster/cluster-objects.js';
import { createPodInfo, type PodInfo } from '../cluster/pod-info.js';
import { podOf } from '../cluster-event.js';
import type { CycleState } from '../framework/cycle-state.js';
import type { Plugin, Rejection } from '../framework.js';
import { claimKey } from './volume-claims.js';

const NAME = 'VolumeRestrictions';
const DISK_CONFLICT: Rejection = { reasons: ['node(s) had no available disk'], unresolvable: false };
const EXCLUSIVE: Rejection = {
  reasons: ['node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode'],
  unresolvable: false,
};

class State {
  /** Claims that one pod alone may use. */
  readonly exclusive: ReadonlySet<string>;
  /** How often other pods use them. */
  users: number;

  constructor(exclusive: ReadonlySet<string>, users: number) {
    this.exclusive = exclusive;
    this.users = users;
  }

  clone(): State {
    return new State(this.exclusive, this.users);
  }
}

/** Claims of mode ReadWriteOncePod are one pod's alone; some disks may be mounted once on a node, or by readers only. */
export function volumeRestrictions(cache: SchedulerCache, objects: ClusterObjects): Plugin {
  const change = (state: CycleState, other: PodInfo, amount: number) => {
    const own = state.read<State>(NAME);
    if (own === undefined) return;
    for (const claim of other.claims) if (own.exclusive.has(claimKey(other, claim))) own.users += amount;
  };
  return {
    name: NAME,
    events: [
      {
        resource: 'AssignedPod',
        actions: ['Delete'],
        hint(waiting, event) {
          const gone = createPodInfo(podOf(event));
          const shares = gone.claims.some((claim) =>
            waiting.claims.some((wanted) => claimKey(gone, claim) === claimKey(waiting, wanted)),
          );
          return shares || disksOf(gone).length > 0 ? 'queue' : 'skip';
        },
      },
      { resource: 'Node', actions: ['Add'] },
      { resource: 'PersistentVolumeClaim', actions: ['Add', 'Update'] },
    ],
    preFilter(state, pod) {
      const exclusive = new Set<string>();
      for (const claim of pod.claims) {
        const found = objects.get('persistentvolumeclaims', claimKey(pod, claim));
        // An ephemeral volume's claim may still have to be made: VolumeBinding says so.
        if (found === undefined && claim.isEphemeral) continue;
        if (found === undefined)
          return { reasons: [`persistentvolumeclaim "${claim.name}" not found`], unresolvable: true };
        if (found.spec?.accessModes?.includes('ReadWriteOncePod')) exclusive.add(claimKey(pod, claim));
      }
      if (exclusive.size === 0 && disksOf(pod).length === 0) return 'skip';
      let users = 0;
      for (const key of exclusive) users += cache.claimUsers(key)?.size ?? 0;
      state.write(NAME, new State(exclusive, users));
      return undefined;
    },
    addPod: (state, _, added) => change(state, added, 1),
    removePod: (state, _, removed) => change(state, removed, -1),
    filter(state, pod, node) {
      const disks = disksOf(pod);
      if (disks.length > 0)
        for (const other of node.pods.values())
          for (const used of disksOf(other)) if (disks.some((disk) => conflict(disk, used))) return DISK_CONFLICT;
      return (state.read<State>(NAME)?.users ?? 0) > 0 ? EXCLUSIVE : undefined;
    },
  };
}

/** A volume that is a disk of its own, wherever it is named. */
interface Disk {
  readonly kind: 'gce' | 'aws' | 'iscsi' | 'rbd';
  /** One of these is the same disk. */
  readonly names: readonly string[];
  readonly readOnly: boolean;
}

const NO_DISKS: readonly Disk[] = [];

function disksOf({ pod }: PodInfo): readonly Disk[] {
  const { volumes } = pod.spec ?? {};
  if (volumes === undefined) return NO_DISKS;
  const disks: Disk[] = [];
  for (const volume of volumes) {
    const disk = diskOf(volume);
    if (disk) disks.push(disk);
  }
  return disks;
}

function diskOf(volume: DeepReadonly<Volume>): Disk | undefined {
  const { gcePersistentDisk: gce, awsElasticBlockStore: aws, iscsi, rbd } = volume;
  if (gce) return { kind: 'gce', names: [gce.pdName], readOnly: gce.readOnly ?? false };
  // Not even readers may share it.
  if (aws) return { kind: 'aws', names: [aws.volumeID], readOnly: false };
  if (iscsi) return { kind: 'iscsi', names: [iscsi.iqn], readOnly: iscsi.readOnly ?? false };
  if (rbd) {
    const names = rbd.monitors.map((monitor) => `${monitor} ${rbd.pool ?? 'rbd'} ${rbd.image}`);
    return { kind: 'rbd', names, readOnly: rbd.readOnly ?? false };
  }
  return undefined;
}

function conflict(a: Disk, b: Disk): boolean {
  return a.kind === b.kind && !(a.readOnly && b.readOnly) && a.names.some((name) => b.names.includes(name));
}

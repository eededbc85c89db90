import type { ClusterObjects } from '../cluster/cluster-objects.js';
import type { PodInfo } from '../cluster/pod-info.js';
import type { Plugin, Rejection } from '../framework.js';
import { claimKey, classOf } from './volume-claims.js';

const NAME = 'VolumeZone';
const CONFLICT: Rejection = { reasons: ['node(s) had no available volume zone'], unresolvable: true };
const ZONE_LABELS = [
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
];
/** What a node is asked for that no longer has the old label. */
const SUCCESSORS: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
};

interface Demand {
  readonly key: string;
  readonly values: ReadonlySet<string>;
}

interface State {
  readonly demands: readonly Demand[];
}

/** A volume that is in a zone is used from there. */
export function volumeZone(objects: ClusterObjects): Plugin {
  return {
    name: NAME,
    events: [
      { resource: 'Node', actions: ['Add', 'UpdateNodeLabel'] },
      { resource: 'StorageClass', actions: ['Add'] },
      { resource: 'PersistentVolumeClaim', actions: ['Add', 'Update'] },
      { resource: 'PersistentVolume', actions: ['Add', 'Update'] },
    ],
    preFilter(state, pod) {
      if (pod.claims.length === 0) return 'skip';
      const demands = demandsOf(pod, objects);
      if (typeof demands === 'string') return { reasons: [demands], unresolvable: true };
      if (demands.length === 0) return 'skip';
      state.write<State>(NAME, { demands });
      return undefined;
    },
    filter(state, _, { labels }) {
      // A node without any such label is in a cluster without zones.
      if (!ZONE_LABELS.some((label) => labels[label] !== undefined)) return undefined;
      for (const { key, values } of state.read<State>(NAME)?.demands ?? []) {
        const value = labels[key] ?? labels[SUCCESSORS[key] ?? key];
        if (value === undefined || !values.has(value)) return CONFLICT;
      }
      return undefined;
    },
  };
}

function demandsOf(pod: PodInfo, objects: ClusterObjects): Demand[] | string {
  const demands: Demand[] = [];
  for (const podClaim of pod.claims) {
    const claim = objects.get('persistentvolumeclaims', claimKey(pod, podClaim));
    // That of an ephemeral volume may still have to be made: VolumeBinding says so.
    if (claim === undefined && podClaim.isEphemeral) continue;
    if (claim === undefined) return `persistentvolumeclaim "${podClaim.name}" not found`;
    const volumeName = claim.spec?.volumeName;
    if (!volumeName) {
      const className = classOf(claim);
      if (className === '') return 'PersistentVolumeClaim had no pv name and storageClass name';
      const storageClass = objects.get('storageclasses', className);
      if (storageClass === undefined) return `storageclass.storage.k8s.io "${className}" not found`;
      if (storageClass.volumeBindingMode === 'WaitForFirstConsumer') continue;
      return 'PersistentVolume had no name';
    }
    const volume = objects.get('persistentvolumes', volumeName);
    if (volume === undefined) return `persistentvolume "${volumeName}" not found`;
    for (const key of ZONE_LABELS) {
      const value = volume.metadata.labels?.[key];
      if (value !== undefined) demands.push({ key, values: new Set(value.split('__')) });
    }
  }
  return demands;
}

import type { Template } from '../workload/workload.js';
import type { RecordedEvent } from './recording.js';
import type { ReplayedClaim } from './replay.js';

const PREFIX = 'replay-';

type Spec = Readonly<Record<string, unknown>>;

/**
 * The claims of a recording, each with the volume that it was bound to, as
 * bound as they were: nothing provisions or binds them again. A volume that came
 * while it was recorded was made for where its pod had been put, so it may now
 * be used anywhere; so may that of a claim that never got one.
 */
export function claimsOf(events: readonly RecordedEvent[], rename: (value: unknown) => unknown): ReplayedClaim[] {
  const volumes = new Map<string, RecordedEvent>();
  const claims = new Map<string, { added: RecordedEvent; volume: string | undefined }>();
  for (const event of events) {
    const key = `${event.namespace}/${event.name}`;
    if (event.kind === 'PersistentVolume' && event.event === 'added') volumes.set(event.name, event);
    if (event.kind !== 'PersistentVolumeClaim') continue;
    const known = claims.get(key);
    if (event.event === 'added') claims.set(key, { added: event, volume: event.volume ?? known?.volume });
    else if (known && event.volume) known.volume = event.volume;
  }
  return [...claims.values()].flatMap(({ added, volume }) => {
    if (!added.object) return [];
    const recorded = volume === undefined ? undefined : volumes.get(volume);
    return [replayed(added, added.object, recorded, rename)];
  });
}

function replayed(
  { namespace = '', name }: RecordedEvent,
  claim: Template,
  volume: RecordedEvent | undefined,
  rename: (value: unknown) => unknown,
): ReplayedClaim {
  const { nodeAffinity, ...spec } = (volume?.object?.spec ?? volumeFor(claim.spec as Spec)) as Spec;
  const volumeName = `${PREFIX}${volume?.name ?? `${namespace}-${name}`}`;
  const home = `${PREFIX}${namespace}`;
  const staysThere = volume !== undefined && volume.atMs === 0 && nodeAffinity !== undefined;
  return {
    namespace: home,
    claim: {
      ...claim,
      metadata: { ...claim.metadata, annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } },
      spec: { ...(claim.spec as Spec), storageClassName: '', volumeName },
    },
    volume: {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: volumeName, labels: volume?.object?.metadata?.labels ?? {} },
      spec: {
        ...spec,
        storageClassName: '',
        claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: home, name },
        ...(staysThere ? { nodeAffinity: rename(nodeAffinity) } : {}),
      },
    },
  };
}

function volumeFor({ accessModes, resources, volumeMode }: Spec): Spec {
  const capacity = (resources as { requests?: Spec } | undefined)?.requests ?? { storage: '1Gi' };
  return { accessModes, capacity, volumeMode, hostPath: { path: '/replay' }, persistentVolumeReclaimPolicy: 'Retain' };
}

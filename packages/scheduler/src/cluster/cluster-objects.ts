import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  KubernetesObject,
  PersistentVolume,
  PersistentVolumeClaim,
  PodDisruptionBudget,
  ReplicaSet,
  ReplicationController,
  Service,
  StatefulSet,
  StorageClass,
  VolumeAttachment,
} from '@kubelab/api';
import type { Cached } from '@kubelab/client';

/** The kinds that plugins look up, by their plural. */
export interface ObjectKinds {
  services: Service;
  replicationcontrollers: ReplicationController;
  replicasets: ReplicaSet;
  statefulsets: StatefulSet;
  poddisruptionbudgets: PodDisruptionBudget;
  persistentvolumes: PersistentVolume;
  persistentvolumeclaims: PersistentVolumeClaim;
  storageclasses: StorageClass;
  csinodes: CSINode;
  csidrivers: CSIDriver;
  csistoragecapacities: CSIStorageCapacity;
  volumeattachments: VolumeAttachment;
}

export type ObjectKind = keyof ObjectKinds;

/** Read-only copies of the objects that plugins look up, as current as the scheduler's watches. */
export interface ClusterObjects {
  /** `key`: `namespace/name`, or the name. */
  get<K extends ObjectKind>(kind: K, key: string): Cached<ObjectKinds[K]> | undefined;
  list<K extends ObjectKind>(kind: K): Iterable<Cached<ObjectKinds[K]>>;
  inNamespace<K extends ObjectKind>(kind: K, namespace: string): readonly Cached<ObjectKinds[K]>[];
  /** How many there are: most clusters have none of most kinds. */
  size(kind: ObjectKind): number;
  /** Resolves with the object once it is as `test` wants, or with undefined once it is gone; rejects with the signal. */
  waitFor<K extends ObjectKind>(
    kind: K,
    key: string,
    test: (object: Cached<ObjectKinds[K]>) => boolean,
    signal: AbortSignal,
  ): Promise<Cached<ObjectKinds[K]> | undefined>;
}

/** What a source of objects has to offer: an informer does. */
export interface ObjectLookup {
  readonly size: number;
  get(key: string): Cached<KubernetesObject> | undefined;
  list(): Iterable<Cached<KubernetesObject>>;
  byIndex(index: string, value: string): readonly Cached<KubernetesObject>[];
  /** Called after each change. */
  onChange(handler: (change: { readonly key: string }) => void): void;
}

const NONE: readonly never[] = [];

/** Kinds without a source are empty: the cluster does not serve them. */
export function clusterObjects(sources: ReadonlyMap<string, ObjectLookup>): ClusterObjects {
  const waiters = new Map<string, Set<() => void>>();
  for (const [kind, source] of sources)
    source.onChange(({ key }) => {
      for (const check of waiters.get(`${kind} ${key}`) ?? NONE) check();
    });
  const get = (kind: string, key: string) => sources.get(kind)?.get(key);
  return {
    get: (kind, key) => get(kind, key) as never,
    list: (kind) => (sources.get(kind)?.list() ?? NONE) as never,
    inNamespace(kind, namespace) {
      const source = sources.get(kind);
      return (source === undefined || source.size === 0 ? NONE : source.byIndex('namespace', namespace)) as never;
    },
    size: (kind) => sources.get(kind)?.size ?? 0,
    waitFor(kind, key, test, signal) {
      return new Promise((resolve, reject) => {
        const id = `${kind} ${key}`;
        const waiting = waiters.get(id) ?? new Set<() => void>();
        const end = () => {
          waiting.delete(check);
          if (waiting.size === 0) waiters.delete(id);
          signal.removeEventListener('abort', onAbort);
        };
        const onAbort = () => {
          end();
          reject(signal.reason);
        };
        const check = () => {
          const object = get(kind, key);
          if (object !== undefined && !test(object as never)) return;
          end();
          resolve(object as never);
        };
        waiters.set(id, waiting.add(check));
        signal.addEventListener('abort', onAbort, { once: true });
        if (signal.aborted) onAbort();
        else check();
      });
    },
  };
}

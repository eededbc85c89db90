import type { KubernetesObject, ResourceType } from '@kubelab/api';
import { Gauge, Histogram, type Registry } from 'prom-client';
import type { EtcdStorage } from './etcd-storage.js';
import type { ResourceStorage, Storage } from './storage.js';

const BUCKETS_SECONDS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10];

/** The same storage, its operations timed under Kubernetes' own names. Watches, which last, are left out. */
export function measureStorage(storage: EtcdStorage, registry: Registry): Storage {
  const registers = [registry];
  const duration = new Histogram({
    name: 'etcd_request_duration_seconds',
    help: 'Time that an operation of the storage takes, etcd and the watch cache together.',
    labelNames: ['operation', 'group', 'resource'],
    buckets: BUCKETS_SECONDS,
    registers,
  });
  countObjects(storage, registry);
  const time = async <V>(operation: string, { group, plural }: ResourceType<never>, work: Promise<V>): Promise<V> => {
    const startMs = performance.now();
    try {
      return await work;
    } finally {
      duration.observe({ operation, group, resource: plural }, (performance.now() - startMs) / 1000);
    }
  };
  const known = new Map<ResourceStorage, ResourceStorage>();
  return {
    forResource<T extends KubernetesObject>(resource: ResourceType<T>): ResourceStorage<T> {
      const plain = storage.forResource(resource);
      const key = plain as unknown as ResourceStorage;
      const measured = known.get(key) ?? (timed(plain, time) as unknown as ResourceStorage);
      known.set(key, measured);
      return measured as unknown as ResourceStorage<T>;
    },
    getRaw: (key) => storage.getRaw(key),
    putRaw: (...write) => storage.putRaw(...write),
    ready: (signal) => storage.ready(signal),
    checkHealth: () => storage.checkHealth(),
    run: (signal) => storage.run(signal),
  };
}

type Timer = <V>(operation: string, resource: ResourceType<never>, work: Promise<V>) => Promise<V>;

function timed<T extends KubernetesObject>(plain: ResourceStorage<T>, time: Timer): ResourceStorage<T> {
  const resource = plain.resource as unknown as ResourceType<never>;
  return {
    resource: plain.resource,
    create: (...write) => time('create', resource, plain.create(...write)),
    update: (...write) => time('update', resource, plain.update(...write)),
    delete: (...write) => time('delete', resource, plain.delete(...write)),
    get: (...query) => time('get', resource, plain.get(...query)),
    getCached: (key) => plain.getCached(key),
    list: (query) => time('list', resource, plain.list(query)),
    watch: (query) => plain.watch(query),
    observe: (...observing) => plain.observe(...observing),
  };
}

function countObjects(storage: EtcdStorage, registry: Registry): void {
  const registers = [registry];
  new Gauge({
    name: 'apiserver_storage_objects',
    help: 'Objects that are stored, by kind.',
    labelNames: ['resource'],
    registers,
    collect() {
      for (const { resource, count } of storage.objectCounts()) this.set({ resource: qualifiedName(resource) }, count);
    },
  });
  new Gauge({
    name: 'apiserver_resource_objects',
    help: 'Objects that are stored, by kind.',
    labelNames: ['group', 'resource'],
    registers,
    collect() {
      for (const { resource, count } of storage.objectCounts()) {
        this.set({ group: resource.group, resource: resource.plural }, count);
      }
    },
  });
}

function qualifiedName({ group, plural }: { group: string; plural: string }): string {
  return group === '' ? plural : `${plural}.${group}`;
}

import {
  ApiError,
  type KubernetesObject,
  type ObjectList,
  type Persisted,
  type Pod,
  pods,
  type ReplicaSet,
  type ResourceType,
  replicaSets,
  replicationControllers,
} from '@kubelab/api';
import { type ApiClient, createReconciler, type WatchEvent } from '@kubelab/client';
import { createTracer, systemClock } from '@kubelab/runtime';
import { pino } from 'pino';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ControllerContext, ControllerFactory } from '../../controller.js';
import { createSharedInformers } from '../../shared-informers.js';
import { replicaSet } from '../../test-objects.js';
import { createReplicationControllerController } from '../replication-controller/reconcile.js';
import { createReplicaSetController } from './reconcile.js';

const log = pino({ level: 'silent' });

/** An apiserver's objects in memory, whose watches show pods only when they are let. */
class LaggingServer {
  readonly stored = new Map<string, Persisted<KubernetesObject>>();
  readonly statuses: ReplicaSet[] = [];
  podsCreated = 0;
  podLists = 0;
  /** Called before a pod is stored; what it throws is the answer. */
  beforeCreate = (): void => {};
  /** Called after a pod is stored; what it throws is the answer all the same. */
  afterCreate = (): void => {};
  #version = 1;
  #isLagging = false;
  #held: [ResourceType, WatchEvent<KubernetesObject>][] = [];
  readonly #watchers = new Map<string, (event: WatchEvent<KubernetesObject>) => void>();

  get watched(): string[] {
    return [...this.#watchers.keys()].sort();
  }

  put(resource: ResourceType, object: KubernetesObject): Persisted<KubernetesObject> {
    const key = `${resource.plural}/${object.metadata?.name}`;
    const type = this.stored.has(key) ? 'MODIFIED' : 'ADDED';
    this.#version += 1;
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) };
    const persisted = { kind: resource.kind, ...object, metadata } as Persisted<KubernetesObject>;
    this.stored.set(key, persisted);
    this.#emit(resource, { type, object: persisted, trace: undefined });
    return persisted;
  }

  remove(resource: ResourceType, name: string): void {
    const key = `${resource.plural}/${name}`;
    const object = this.stored.get(key) as Persisted<KubernetesObject>;
    this.stored.delete(key);
    this.#emit(resource, { type: 'DELETED', object, trace: undefined });
  }

  /** What happens to pods is not shown from now on. */
  lag(): void {
    this.#isLagging = true;
  }

  catchUp(): void {
    this.#isLagging = false;
    for (const [resource, event] of this.#held.splice(0)) this.#watchers.get(resource.plural)?.(event);
  }

  #emit(resource: ResourceType, event: WatchEvent<KubernetesObject>): void {
    if (this.#isLagging && resource.plural === 'pods') this.#held.push([resource, event]);
    else this.#watchers.get(resource.plural)?.(event);
  }

  pods(): Persisted<Pod>[] {
    return [...this.stored].flatMap(([key, object]) => (key.startsWith('pods/') ? [object as Persisted<Pod>] : []));
  }

  client(): ApiClient {
    const server = this;
    const client: Partial<ApiClient> = {
      list: async <T extends KubernetesObject>(resource: ResourceType<T>) => {
        if (resource.plural === 'pods') server.podLists += 1;
        const items = [...server.stored]
          .filter(([key]) => key.startsWith(`${resource.plural}/`))
          .map(([, each]) => each);
        return { metadata: { resourceVersion: '1' }, items: structuredClone(items) } as unknown as ObjectList<T>;
      },
      async *watch(resource, { signal }) {
        const queue: WatchEvent<never>[] = [];
        let wake = () => {};
        server.#watchers.set(resource.plural, (event) => {
          queue.push(structuredClone(event) as WatchEvent<never>);
          wake();
        });
        signal?.addEventListener('abort', () => wake());
        while (!signal?.aborted) {
          const event = queue.shift();
          if (event) yield event;
          else
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
        }
      },
      create: async (resource, object) => {
        server.beforeCreate();
        const uid = `pod-${++server.podsCreated}`;
        const metadata = { ...object.metadata, name: `web-${uid}`, uid, creationTimestamp: '2030-01-01T00:00:00Z' };
        const made = server.put(resource as never, { ...object, metadata });
        server.afterCreate();
        return made as never;
      },
      delete: async (resource, { name }) => server.remove(resource as never, name),
      updateStatus: async (resource, object) => {
        server.statuses.push(object as ReplicaSet);
        return server.put(resource as never, object) as never;
      },
    };
    return client as ApiClient;
  }
}

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

interface Kind {
  readonly resource: ResourceType;
  readonly build: ControllerFactory;
  readonly selector: object;
}
const REPLICA_SET: Kind = {
  resource: replicaSets as unknown as ResourceType,
  build: createReplicaSetController,
  selector: { matchLabels: { app: 'web' } },
};
const REPLICATION_CONTROLLER: Kind = {
  resource: replicationControllers as unknown as ResourceType,
  build: createReplicationControllerController,
  selector: { app: 'web' },
};

/** An owner of this size, and its controller at work on it. */
async function start(replicas: number, { resource, build, selector }: Kind = REPLICA_SET) {
  const server = new LaggingServer();
  const client = server.client();
  const informers = createSharedInformers(client, log);
  const events: string[] = [];
  const context: ControllerContext = {
    client,
    informers,
    recorder: { event: (_, __, reason) => void events.push(reason), flush: () => Promise.resolve() },
    options: {} as ControllerContext['options'],
    clock: systemClock,
    log,
    createReconciler: (name, reconcile, informersSynced) =>
      createReconciler({ name, reconcile, informersSynced, log, tracer: createTracer({ component: 'test' }) }),
  };
  const { metadata, spec } = replicaSet('web', replicas);
  server.put(resource, { metadata, spec: { ...spec, selector } } as KubernetesObject);
  const controller = build(context);
  const stop = new AbortController();
  const running = Promise.all([informers.run(stop.signal), controller.run(stop.signal)]);
  stops.push(() => {
    stop.abort();
    return running;
  });
  await vi.waitFor(() => expect(server.watched).toEqual(['namespaces', 'pods', resource.plural]));
  let touches = 0;
  /** Has the ReplicaSet looked at again, and waits until it was. */
  const touch = async () => {
    touches += 1;
    const present = server.stored.get(`${resource.plural}/web`) as Persisted<ReplicaSet>;
    const annotations = { touch: String(touches) };
    server.put(resource, { ...present, metadata: { ...present.metadata, annotations } });
    const cached = () => informers.for(resource).get('default/web')?.metadata.annotations?.touch;
    await vi.waitFor(() => expect(cached()).toBe(String(touches)));
  };
  const resize = (size: number) => {
    const present = server.stored.get(`${resource.plural}/web`) as Persisted<ReplicaSet>;
    server.put(resource, { ...present, spec: { ...present.spec, replicas: size } } as KubernetesObject);
  };
  return { server, events, touch, resize };
}

describe.each([REPLICA_SET, REPLICATION_CONTROLLER])('with a cache that lags, of $resource.plural', (kind) => {
  test('what was created is not created again', async () => {
    const { server, touch, resize } = await start(0, kind);
    server.lag();
    resize(5);
    await vi.waitFor(() => expect(server.podsCreated).toBe(5));
    for (let round = 0; round < 5; round += 1) await touch();
    expect(server.pods()).toHaveLength(5);
    server.catchUp();
    await vi.waitFor(() => expect(server.statuses.at(-1)?.status?.replicas).toBe(5));
    expect(server.podsCreated).toBe(5);
  });

  test('what was deleted is not made up for by deleting others', async () => {
    const { server, touch, resize } = await start(5, kind);
    await vi.waitFor(() => expect(server.statuses.at(-1)?.status?.replicas).toBe(5));
    server.lag();
    resize(3);
    await vi.waitFor(() => expect(server.pods()).toHaveLength(3));
    for (let round = 0; round < 5; round += 1) await touch();
    expect(server.pods()).toHaveLength(3);
    server.catchUp();
    await vi.waitFor(() => expect(server.statuses.at(-1)?.status?.replicas).toBe(3));
    expect(server.pods()).toHaveLength(3);
  });

  test('a create that may or may not have been made is looked for first', async () => {
    const { server, resize } = await start(0, kind);
    server.lag();
    server.afterCreate = () => {
      if (server.podsCreated === 3) throw new ApiError('ServiceUnavailable', 'the connection was lost');
    };
    resize(5);
    const listsBefore = server.podLists;
    await vi.waitFor(() => expect(server.podLists).toBeGreaterThan(listsBefore));
    expect(server.pods()).toHaveLength(3);
    server.catchUp();
    await vi.waitFor(() => expect(server.statuses.at(-1)?.status?.replicas).toBe(5));
    expect(server.podsCreated).toBe(5);
  });
});

describe('what is refused', () => {
  test('in a namespace that goes is neither told nor tried on', async () => {
    const { server, events, touch, resize } = await start(0);
    let attempts = 0;
    server.beforeCreate = () => {
      attempts += 1;
      const causes = [{ reason: 'NamespaceTerminating', message: '', field: '' }];
      throw new ApiError('Forbidden', 'no', { details: { causes } });
    };
    resize(50);
    await vi.waitFor(() => expect(attempts).toBe(1));
    await touch();
    await vi.waitFor(() => expect(attempts).toBe(2));
    expect(events).toEqual([]);
    expect(server.statuses.every(({ status }) => status?.conditions === undefined)).toBe(true);
  });

  test('is told once in the status, and ends the batch', async () => {
    const { server, events, resize } = await start(0);
    let attempts = 0;
    server.beforeCreate = () => {
      attempts += 1;
      throw new ApiError('Forbidden', `quota ${attempts}`);
    };
    resize(50);
    await vi.waitFor(() => expect(attempts).toBeGreaterThan(6));
    const failures = server.statuses.flatMap(({ status }) => status?.conditions ?? []);
    expect(new Set(failures.map(({ message }) => message))).toEqual(new Set(['quota 1']));
    expect(server.statuses.length).toBeLessThanOrEqual(2);
    expect(events.length).toBe(attempts);
    server.beforeCreate = () => {};
    await vi.waitFor(() => expect(server.pods()).toHaveLength(50), { timeout: 10_000 });
    await vi.waitFor(() => expect(server.statuses.at(-1)?.status?.conditions).toBeUndefined());
  });
});

describe('a ReplicationController', () => {
  test('owns its pods by its own kind, and tells no more than its status has', async () => {
    const { server, events } = await start(2, REPLICATION_CONTROLLER);
    await vi.waitFor(() => expect(server.statuses.at(-1)?.status?.replicas).toBe(2));
    for (const { metadata } of server.pods())
      expect(metadata.ownerReferences).toEqual([
        expect.objectContaining({ apiVersion: 'v1', kind: 'ReplicationController', name: 'web', controller: true }),
      ]);
    expect(events).toEqual(['SuccessfulCreate', 'SuccessfulCreate']);
    const doomed = server.pods()[0];
    server.put(
      pods as never,
      {
        ...doomed,
        metadata: { ...doomed?.metadata, deletionTimestamp: '2030-01-01T00:00:00Z' },
      } as KubernetesObject,
    );
    await vi.waitFor(() => expect(server.podsCreated).toBe(3));
    for (const { status } of server.statuses) expect(status).not.toHaveProperty('terminatingReplicas');
  });

  test('is not mistaken for a ReplicaSet of the same name', async () => {
    const { server } = await start(1, REPLICATION_CONTROLLER);
    await vi.waitFor(() => expect(server.statuses.at(-1)?.status?.replicas).toBe(1));
    const reference = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'other', controller: true };
    const labels = { app: 'web' };
    server.put(
      pods as never,
      {
        metadata: { namespace: 'default', name: 'theirs', uid: 'theirs', labels, ownerReferences: [reference] },
      } as KubernetesObject,
    );
    server.remove(pods as never, server.pods()[0]?.metadata.name ?? '');
    await vi.waitFor(() => expect(server.podsCreated).toBe(2));
    await vi.waitFor(() => expect(server.statuses.at(-1)?.status?.replicas).toBe(1));
    expect(server.pods().map(({ metadata }) => metadata.name)).toContain('theirs');
  });
});

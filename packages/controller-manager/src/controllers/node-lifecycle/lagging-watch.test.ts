import { ApiError, type KubernetesObject, type Lease, leases, nodes, type ResourceType } from '@kubelab/api';
import type { Cached, Reconcile } from '@kubelab/client';
import { createManualClock } from '@kubelab/runtime';
import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import type { ControllerContext } from '../../controller.js';
import { cached, node } from '../../test-objects.js';
import { createNodeLifecycleController } from './reconcile.js';

const GRACE_MS = 40_000;
const lease = (renewTime: string): Cached<Lease> =>
  cached<Lease>('Lease', { metadata: { namespace: 'kube-node-lease', name: 'a' }, spec: { renewTime } });

/** What the watch has brought, and what the apiserver has. */
let heard: Cached<Lease>;
let live: Cached<Lease> | undefined;
let clock: ReturnType<typeof createManualClock>;
let reconcile: Reconcile;
let patches: unknown[];

const look = () =>
  reconcile('a', { trace: undefined, signal: new AbortController().signal, log: pino({ level: 'silent' }) });

beforeEach(() => {
  clock = createManualClock();
  heard = lease('1');
  live = heard;
  patches = [];
  const ready = node('a', 'True');
  const informerOf = (resource: ResourceType) => ({
    get: () => ({ nodes: ready, leases: heard })[resource.plural as string],
    list: () => (resource.plural === 'nodes' ? [ready] : []),
    byIndex: () => [],
    onChange: () => {},
  });
  const context = {
    informers: { for: informerOf },
    client: {
      get: (resource: ResourceType<KubernetesObject>) =>
        resource.plural === leases.plural && live
          ? Promise.resolve(live)
          : Promise.reject(new ApiError('NotFound', '')),
      patch: (resource: ResourceType<KubernetesObject>, _key: unknown, _type: string, patch: unknown) => {
        if (resource.plural === nodes.plural) patches.push(patch);
        return Promise.resolve(ready);
      },
    },
    options: { nodeMonitorGracePeriodMs: GRACE_MS, nodeStartupGracePeriodMs: 60_000 },
    recorder: { event: () => {}, flush: () => Promise.resolve() },
    clock,
    createReconciler: (_: string, made: Reconcile) => {
      reconcile = made;
      return { queue: { add: () => {}, addAfter: () => {} }, run: () => Promise.resolve() };
    },
  };
  createNodeLifecycleController(context as unknown as ControllerContext);
});

test('a node is waited for from when it was first looked at, whatever the times in its objects', async () => {
  expect(await look()).toEqual({ requeueAfterMs: GRACE_MS });
  await clock.advance(GRACE_MS - 1);
  expect(await look()).toEqual({ requeueAfterMs: 10 });
  expect(patches).toEqual([]);
});

test('a node whose lease was renewed behind the back of the watch is not taken for dead', async () => {
  await look();
  for (const renewTime of ['2', '3']) {
    live = lease(renewTime);
    await clock.advance(GRACE_MS);
    expect(await look()).toEqual({ requeueAfterMs: GRACE_MS });
  }
  expect(patches).toEqual([]);
});

test.each([
  ['is not renewed', () => undefined],
  [
    'is gone',
    () => {
      live = undefined;
    },
  ],
])('one whose lease %s is', async (_, happen) => {
  await look();
  live = lease('2');
  await clock.advance(GRACE_MS);
  await look();
  happen();
  await clock.advance(GRACE_MS);
  await look();
  expect(patches).toMatchObject([{ status: { conditions: [{ type: 'Ready', status: 'Unknown' }, {}, {}, {}] } }]);
});

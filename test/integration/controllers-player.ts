import { setMaxListeners } from 'node:events';
import { type Binding, nodes, type Pod, pods } from '@kubelab/api';
import { type Cached, createInformer, createReconciler, deleteIfPresent, type SessionApiClient } from '@kubelab/client';
import { createTracer } from '@kubelab/runtime';
import { pino } from 'pino';
import { now } from './controllers-fixture.js';

const log = pino({ level: 'silent' });

/** Plays scheduler and kubelet: binds pods, says that they are ready, and ends those that are deleted. */
export interface Player {
  /** Whether a pod becomes ready now. Default: every one. */
  mayBecomeReady: (pod: Cached<Pod>) => boolean;
  /** Whether a deleted pod ends now. Default: every one. */
  mayEnd: (pod: Cached<Pod>) => boolean;
  /** Looks at all pods again, after one of these was changed. */
  look(): void;
  stop(): Promise<void>;
}

/** Pods are spread over the nodes in turn. Those that have a node of another name are left alone. */
export async function startPlayer(client: SessionApiClient, nodeNames: readonly string[]): Promise<Player> {
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  const informer = createInformer(client, pods, {}, log);
  let turn = 0;
  let address = 0;
  const player: Player = {
    mayBecomeReady: () => true,
    mayEnd: () => true,
    look() {
      for (const { metadata } of informer.list()) queue.add(`${metadata.namespace}/${metadata.name}`);
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
  const { queue, run } = createReconciler({
    name: 'Player',
    informersSynced: [informer],
    log,
    tracer: createTracer({ component: 'test' }),
    workers: 10,
    async reconcile(key) {
      const pod = informer.get(key);
      if (pod === undefined) return undefined;
      const { namespace = '', name, uid, deletionTimestamp } = pod.metadata;
      const { nodeName } = pod.spec ?? {};
      if (nodeName && !nodeNames.includes(nodeName)) return undefined;
      if (deletionTimestamp) {
        if (player.mayEnd(pod))
          await deleteIfPresent(client, pods, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } });
        return undefined;
      }
      if (!nodeName) {
        turn += 1;
        const target = { kind: 'Node', name: nodeNames[turn % nodeNames.length] ?? '' };
        const binding: Binding = { apiVersion: 'v1', kind: 'Binding', metadata: { namespace, name }, target };
        await client.createSubresource(pods, { namespace, name }, 'binding', binding);
        return undefined;
      }
      const isSaid = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
      if (isSaid || !player.mayBecomeReady(pod)) return undefined;
      address += 1;
      const podIP = pod.status?.podIP ?? `10.9.${Math.floor(address / 250)}.${(address % 250) + 1}`;
      const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: now() }];
      const status = { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions };
      const patch = { metadata: { uid }, status };
      await client.patch(pods, { namespace, name }, 'strategic', patch, { subresource: 'status' });
      return undefined;
    },
  });
  informer.onChange(({ key }) => queue.add(key));
  const running = Promise.all([informer.run(stopping.signal), run(stopping.signal)]);
  await informer.synced();
  return player;
}

/** Says that a node is ready, as its kubelet does at every heartbeat. */
export async function reportNode(client: SessionApiClient, name: string, status = 'True'): Promise<void> {
  const time = new Date().toISOString();
  const conditions = [{ type: 'Ready', status, reason: 'Kubelet', lastHeartbeatTime: time.slice(0, 19).concat('Z') }];
  await client.patch(
    nodes,
    { namespace: '', name },
    'strategic',
    { status: { conditions } },
    { subresource: 'status' },
  );
}

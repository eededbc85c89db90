import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  events,
  nodes,
  type Pod,
  persistentVolumeClaims,
  persistentVolumes,
  podDisruptionBudgets,
  pods,
  storageClasses,
} from '@kubelab/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requesting, type SchedulerCluster, scheduledCondition, startSchedulerCluster } from './scheduler-fixture.js';

let cluster: SchedulerCluster;

beforeAll(async () => {
  cluster = await startSchedulerCluster();
});

afterAll(() => cluster?.stop());

const isBound = ({ spec }: Pod) => Boolean(spec?.nodeName);
const hasNoPlace = (pod: Pod) => scheduledCondition(pod)?.reason === 'Unschedulable';

async function eventsOf(name: string, reason: string) {
  const { items } = await cluster.client.list(events, { namespace: 'default' });
  return items.filter(({ involvedObject, reason: each }) => involvedObject?.name === name && each === reason);
}

async function clear(): Promise<void> {
  for (const { metadata } of (await cluster.client.list(pods)).items)
    await cluster.client.delete(pods, { namespace: 'default', name: metadata.name }, { gracePeriodSeconds: 0 });
  for (const { metadata } of (await cluster.client.list(nodes)).items)
    await cluster.client.delete(nodes, { namespace: '', name: metadata.name });
}

describe('one scheduler', () => {
  test('binds, says why it cannot, and binds once it can', async () => {
    const scheduler = cluster.startScheduler('--leader-elect=false');
    await cluster.addNode('a');
    await cluster.addPod('fits', requesting({ cpu: '3' }));
    const bound = await cluster.until('fits', 'bound', isBound);
    expect(bound.spec?.nodeName).toBe('a');
    expect(scheduledCondition(bound)?.status).toBe('True');
    await cluster.addPod('waits', requesting({ cpu: '3' }));
    const waiting = await cluster.until('waits', 'Unschedulable', hasNoPlace);
    const message =
      '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: ' +
      '1 No preemption victims found for incoming pod.';
    expect(scheduledCondition(waiting)).toMatchObject({ status: 'False', message, observedGeneration: 1 });
    await expect.poll(async () => (await eventsOf('waits', 'FailedScheduling'))[0]?.message).toBe(message);
    await expect
      .poll(async () => (await eventsOf('fits', 'Scheduled'))[0]?.message)
      .toBe('Successfully assigned default/fits to a');
    await cluster.client.delete(pods, { namespace: 'default', name: 'fits' }, { gracePeriodSeconds: 0 });
    await cluster.until('waits', 'bound', isBound);
    const metrics = await scheduler.metrics.metrics();
    expect(metrics).toMatch(/scheduler_schedule_attempts_total\{result="scheduled",profile="default-scheduler"\} 2/);
    expect(metrics).toMatch(
      /scheduler_queue_incoming_pods_total\{queue="(active|backoff)",event="AssignedPodDelete"\} 1/,
    );
    expect(metrics).toMatch(
      /scheduler_framework_extension_point_duration_seconds_count\{extension_point="Filter",status="Success",profile="default-scheduler"\} 2/,
    );
    await scheduler.stop();
    await clear();
  });

  test('makes room by preemption: condition, event, nomination; a budget spares its pods', async () => {
    const scheduler = cluster.startScheduler('--leader-elect=false');
    const preemptionPolicy = 'PreemptLowerPriority';
    for (const name of ['a', 'b']) await cluster.addNode(name);
    await cluster.client.create(podDisruptionBudgets, {
      metadata: { namespace: 'default', name: 'budget' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'kept' } } },
    });
    await cluster.addPod('kept', requesting({ cpu: '3' }), {
      namespace: 'default',
      name: 'kept',
      labels: { app: 'kept' },
    });
    await cluster.until('kept', 'bound', isBound);
    await cluster.addPod('spare', requesting({ cpu: '3' }));
    const spare = await cluster.until('spare', 'bound', isBound);
    const watched = await cluster.recordPods();
    await cluster.addPod('important', {
      ...requesting({ cpu: '2' }),
      priorityClassName: 'system-cluster-critical',
      preemptionPolicy,
    });
    const important = await cluster.until('important', 'bound', isBound);
    expect(important.spec?.nodeName).toBe(spare.spec?.nodeName);
    const victims = watched.filter(({ object }) => object.metadata.name === 'spare');
    expect(victims.at(-1)?.type).toBe('DELETED');
    expect(victims.at(-1)?.object.status?.conditions).toContainEqual(
      expect.objectContaining({
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'PreemptionByScheduler',
        message: 'default-scheduler: preempting to accommodate a higher priority pod',
      }),
    );
    const nominations = watched.flatMap(({ object }) => object.status?.nominatedNodeName ?? []);
    expect(new Set(nominations)).toEqual(new Set([spare.spec?.nodeName]));
    await expect
      .poll(async () => (await eventsOf('spare', 'Preempted'))[0]?.message)
      .toBe(`Preempted by pod ${important.metadata?.uid} on node ${spare.spec?.nodeName}`);
    expect(await scheduler.metrics.metrics()).toMatch(/scheduler_preemption_victims_count 1/);
    await scheduler.stop();
    await clear();
  });

  test('says why when a pod asks', async () => {
    const scheduler = cluster.startScheduler('--leader-elect=false');
    for (const name of ['a', 'b']) await cluster.addNode(name);
    const decisionOf = (pod: Pod) => JSON.parse(pod.metadata?.annotations?.['kubelab.io/decision'] ?? 'null');
    const asks = (request: string) => ({ annotations: { 'kubelab.io/explain': request } });
    await cluster.addPod('asks', {}, { namespace: 'default', name: 'asks', ...asks('true') });
    const bound = await cluster.until('asks', 'bound', isBound);
    expect(decisionOf(bound)).toMatchObject({
      pod: 'default/asks',
      node: bound.spec?.nodeName,
      nodes: { total: 2, evaluated: 2, feasible: 2 },
      ties: 2,
      request: 'true',
    });
    await cluster.addPod('later', requesting({ cpu: '9' }));
    await cluster.until('later', 'Unschedulable', hasNoPlace);
    const key = { namespace: 'default', name: 'later' };
    await cluster.client.patch(pods, key, 'merge', { metadata: asks('7') });
    const answered = await cluster.until('later', 'answered', (pod) => decisionOf(pod)?.request === '7');
    expect(decisionOf(answered)).toMatchObject({
      message: scheduledCondition(answered)?.message,
      wouldHelp: ['NodeResourcesFit: 9000m of cpu more on a, which lacks least'].map(() =>
        expect.stringContaining('of cpu more on'),
      ),
      verdicts: ['a', 'b'].map((node) => ({
        node,
        filters: { NodeResourcesFit: 'Insufficient cpu' },
      })),
    });
    await scheduler.stop();
    await clear();
  });

  test('chooses a volume with the node, and waits until it is bound', async () => {
    const scheduler = cluster.startScheduler('--leader-elect=false');
    const { client } = cluster;
    for (const name of ['a', 'b']) await cluster.addNode(name);
    await client.create(storageClasses, {
      metadata: { name: 'local' },
      provisioner: 'kubernetes.io/no-provisioner',
      volumeBindingMode: 'WaitForFirstConsumer',
    });
    const onB = { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['b'] }] };
    await client.create(persistentVolumes, {
      metadata: { name: 'disk' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        capacity: { storage: '2Gi' },
        storageClassName: 'local',
        local: { path: '/disk' },
        nodeAffinity: { required: { nodeSelectorTerms: [onB] } },
      },
    });
    await client.patch(
      persistentVolumes,
      { namespace: '', name: 'disk' },
      'merge',
      { status: { phase: 'Available' } },
      {
        subresource: 'status',
      },
    );
    const key = { namespace: 'default', name: 'data' };
    await client.create(persistentVolumeClaims, {
      metadata: key,
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'local',
        resources: { requests: { storage: '1Gi' } },
      },
    });
    await cluster.addPod('keeper', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] });
    const claimOf = async () =>
      (await client.get(persistentVolumes, { namespace: '', name: 'disk' })).spec?.claimRef?.name;
    await expect.poll(claimOf, { timeout: 10_000 }).toBe('data');
    expect((await cluster.pod('keeper')).spec?.nodeName).toBeUndefined();
    // What the controller of volumes does about it.
    const bound = {
      metadata: { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } },
      spec: { volumeName: 'disk' },
    };
    await client.patch(persistentVolumeClaims, key, 'merge', bound);
    expect((await cluster.until('keeper', 'bound', isBound)).spec?.nodeName).toBe('b');
    await scheduler.stop();
    await clear();
  });

  test('asks an extender that its configuration names', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { nodenames } = JSON.parse(Buffer.concat(chunks).toString());
        asked.push(`${request.url} ${[...nodenames].sort()}`);
        const answer =
          request.url === '/filter'
            ? { nodenames: nodenames.filter((name: string) => name !== 'c'), failedNodes: { c: 'too blue' } }
            : nodenames.map((host: string) => ({ host, score: host === 'b' ? 10 : 0 }));
        response.end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const file = join(cluster.directory, 'extender.yaml');
    await writeFile(
      file,
      `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
leaderElection: {leaderElect: false}
extenders:
- urlPrefix: http://127.0.0.1:${(server.address() as AddressInfo).port}
  filterVerb: filter
  prioritizeVerb: prioritize
  weight: 5
  nodeCacheCapable: true
`,
    );
    for (const name of ['a', 'b', 'c']) await cluster.addNode(name);
    const scheduler = cluster.startScheduler(`--config=${file}`);
    await cluster.addPod('extended');
    expect((await cluster.until('extended', 'bound', isBound)).spec?.nodeName).toBe('b');
    expect(asked).toEqual(['/filter a,b,c', '/prioritize a,b']);
    await scheduler.stop();
    server.close();
    await clear();
  });
});

test('schedulers that are killed: every pod is bound once, and no node has more than it can take', async () => {
  for (let index = 0; index < 12; index++) await cluster.addNode(`n${index}`);
  const watched = await cluster.recordPods();
  const flags = ['--leader-elect=true'];
  const processes = [
    await cluster.startSchedulerProcess(...flags, '--leader-elect-identity=one'),
    await cluster.startSchedulerProcess(...flags, '--leader-elect-identity=two'),
  ];
  const total = 300;
  const names = Array.from({ length: total }, (_, index) => `p${index}`);
  const boundCount = () => new Set(watched.flatMap(({ object }) => (isBound(object) ? object.metadata.name : []))).size;
  const creating = (async () => {
    for (const name of names) await cluster.addPod(name, requesting({ cpu: '150m' }));
  })();
  await expect.poll(boundCount, { timeout: 60_000, interval: 10 }).toBeGreaterThan(40);
  // Whoever leads: the other takes over once the lease has run out, or the same starts anew.
  await processes[0]?.kill();
  await cluster.startSchedulerProcess(...flags, '--leader-elect-identity=one');
  await expect.poll(boundCount, { timeout: 60_000, interval: 10 }).toBeGreaterThan(150);
  await processes[1]?.kill();
  await creating;
  await expect.poll(boundCount, { timeout: 60_000, interval: 100 }).toBe(total);
  const nodesOf = new Map<string, Set<string>>();
  for (const { object } of watched)
    if (object.spec?.nodeName) {
      const { name } = object.metadata;
      nodesOf.set(name, (nodesOf.get(name) ?? new Set()).add(object.spec.nodeName));
    }
  expect([...nodesOf.values()].every((each) => each.size === 1)).toBe(true);
  const perNode = new Map<string, number>();
  for (const [node] of nodesOf.values()) if (node) perNode.set(node, (perNode.get(node) ?? 0) + 1);
  expect(Math.max(...perNode.values())).toBeLessThanOrEqual(26);
});

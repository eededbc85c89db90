import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Container, ContainerStatus, Pod, PodSpec } from '@kubelab/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, type KubeletCluster, startKubeletCluster, type TestNode } from './kubelet-fixture.js';

const run = promisify(execFile);
const NODE = 'node1';

let cluster: KubeletCluster;
let node: TestNode;

beforeAll(async () => {
  cluster = await startKubeletCluster();
  node = await cluster.addReadyNode(NODE, '10.244.9.0/24');
  await cluster.create('serviceaccounts', { metadata: { name: 'default' } });
});

afterAll(() => cluster?.stop());

function shell(script: string, more: Partial<Container> = {}): Container {
  const command = ['sh', '-c', script];
  return { name: 'main', image: 'busybox', imagePullPolicy: 'IfNotPresent', command, ...more };
}

async function create(name: string, container: Container, more: Partial<PodSpec> = {}): Promise<void> {
  const spec = { nodeName: NODE, terminationGracePeriodSeconds: 0, containers: [container], ...more };
  await cluster.create('pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' }, spec });
}

interface Seen {
  readonly pod: Pod;
  readonly status: ContainerStatus;
}

function seen(name: string, what: string, accept: (status: ContainerStatus, pod: Pod) => boolean): Promise<Seen> {
  return eventually(`${name}: ${what}`, async () => {
    const pod = await cluster.pod(name);
    const status = pod?.status?.containerStatuses?.[0];
    return pod && status && accept(status, pod) ? { pod, status } : undefined;
  });
}

function running(name: string): Promise<Seen> {
  return seen(name, 'runs', ({ state }) => state?.running !== undefined);
}

/** Limits of a container as the engine has them. */
async function limitsOf({ status }: Seen): Promise<{ shares: number; quota: number; memory: number }> {
  const id = (status.containerID ?? '').replace('docker://', '');
  const format = '{{.HostConfig.CpuShares}} {{.HostConfig.CpuQuota}} {{.HostConfig.Memory}}';
  const { stdout } = await run('docker', ['inspect', '--format', format, id]);
  const [shares = 0, quota = 0, memory = 0] = stdout.trim().split(' ').map(Number);
  return { shares, quota, memory };
}

async function resize(name: string, resources: Container['resources']): Promise<void> {
  const patch = JSON.stringify({ spec: { containers: [{ name: 'main', resources }] } });
  const { status } = await cluster.api.fetch(`/api/v1/namespaces/default/pods/${name}/resize`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/strategic-merge-patch+json' },
    body: patch,
  });
  expect(status).toBe(200);
}

function condition(pod: Pod, type: string) {
  return pod.status?.conditions?.find((one) => one.type === type);
}

const SMALL = { requests: { cpu: '100m', memory: '32Mi' }, limits: { cpu: '200m', memory: '64Mi' } };
const MEBIBYTE = 1024 * 1024;

describe('a resize', () => {
  it('changes the limits of a container that goes on running', async () => {
    await create('live', shell('sleep 1000', { resources: SMALL }));
    const before = await running('live');
    expect(await limitsOf(before)).toEqual({ shares: 102, quota: 20_000, memory: 64 * MEBIBYTE });
    const resources = { requests: { cpu: '300m', memory: '48Mi' }, limits: { cpu: '400m', memory: '128Mi' } };
    await resize('live', resources);
    const after = await seen('live', 'is resized', ({ resources: has }) => has?.limits?.memory === '128Mi');
    expect(after.status).toMatchObject({
      containerID: before.status.containerID,
      restartCount: 0,
      resources,
      allocatedResources: resources.requests,
    });
    expect(await limitsOf(after)).toEqual({ shares: 307, quota: 40_000, memory: 128 * MEBIBYTE });
    const { pod } = await seen('live', 'has observed it', (_, { metadata, status }) => {
      return status?.observedGeneration === metadata?.generation;
    });
    expect(pod.metadata?.generation).toBe(2);
    expect(condition(pod, 'PodResizePending')).toBeUndefined();
    expect(condition(pod, 'PodResizeInProgress')).toBeUndefined();
  });

  it('restarts a container whose resizePolicy says so', async () => {
    const resizePolicy = [
      { resourceName: 'cpu', restartPolicy: 'NotRequired' },
      { resourceName: 'memory', restartPolicy: 'RestartContainer' },
    ];
    await create('restarts', shell('sleep 1000', { resources: SMALL, resizePolicy }));
    const before = await running('restarts');
    await resize('restarts', { limits: { ...SMALL.limits, memory: '96Mi' } });
    const after = await seen(
      'restarts',
      'is restarted',
      ({ restartCount, state }) => restartCount === 1 && state?.running !== undefined,
    );
    expect(after.status.containerID).not.toBe(before.status.containerID);
    expect(after.status.resources?.limits).toEqual({ cpu: '200m', memory: '96Mi' });
    expect((await limitsOf(after)).memory).toBe(96 * MEBIBYTE);
  });

  it('that the node can never grant changes nothing, and is told', async () => {
    await create('huge', shell('sleep 1000', { resources: SMALL }));
    const before = await running('huge');
    await resize('huge', { requests: { cpu: '1000' }, limits: { cpu: '1000' } });
    const { pod, status } = await seen(
      'huge',
      'is refused',
      (_, one) => condition(one, 'PodResizePending') !== undefined,
    );
    expect(condition(pod, 'PodResizePending')).toMatchObject({
      status: 'True',
      reason: 'Infeasible',
      message: expect.stringMatching(/^Node didn't have enough capacity: cpu, requested: 1000000, capacity: \d+$/),
      observedGeneration: 2,
    });
    expect(status.resources).toEqual(SMALL);
    expect(await limitsOf(before)).toMatchObject({ quota: 20_000 });
    await resize('huge', SMALL);
    const after = await seen('huge', 'asks for what it has', (_, one) => !condition(one, 'PodResizePending'));
    expect(after.status.restartCount).toBe(0);
  });

  it('that has to wait for another pod is granted once that is gone, by a kubelet that was started meanwhile', async () => {
    const { json } = await cluster.api.fetch(`/api/v1/nodes/${NODE}`);
    const cpus = Number(json.status.allocatable.cpu);
    const most = { requests: { cpu: `${cpus * 1000 - 700}m` } };
    await create('other', shell('sleep 1000', { resources: most }));
    await running('other');
    await create('waits', shell('sleep 1000', { resources: { requests: { cpu: '100m' } } }));
    await running('waits');
    await resize('waits', { requests: { cpu: `${cpus * 1000 - 800}m` } });
    const { pod } = await seen('waits', 'is deferred', (_, one) => condition(one, 'PodResizePending') !== undefined);
    expect(condition(pod, 'PodResizePending')?.reason).toBe('Deferred');
    await node.kill();
    node.start();
    await cluster.kubectl('delete', 'pod', 'other', '--wait=false');
    const wanted = pod.spec?.containers[0]?.resources?.requests?.cpu;
    const after = await seen('waits', 'is resized', ({ allocatedResources, resources: has }) => {
      return allocatedResources?.cpu === wanted && has?.requests?.cpu === wanted;
    });
    expect((await limitsOf(after)).shares).toBe(Math.floor((cpus * 1000 - 800) * 1.024));
    expect(after.status.restartCount).toBe(0);
    await seen('waits', 'waits no more', (_, one) => !condition(one, 'PodResizePending'));
  });
});

const EAT_MEMORY = 'x=0123456789abcdef; while true; do x=$x$x; done';
const LITTLE = { limits: { memory: '16Mi' } };

describe('a container that uses more memory than its limit', () => {
  it('is killed, told, and restarted ever later', async () => {
    await create('greedy', shell(EAT_MEMORY, { resources: LITTLE }));
    const { status } = await seen('greedy', 'backs off', ({ state, restartCount }) => {
      return state?.waiting?.reason === 'CrashLoopBackOff' && restartCount > 0;
    });
    expect(status.lastState?.terminated).toMatchObject({ reason: 'OOMKilled', exitCode: 137 });
  });

  it('fails its pod where nothing is restarted', async () => {
    await create('gone', shell(EAT_MEMORY, { resources: LITTLE }), { restartPolicy: 'Never' });
    const { pod, status } = await seen('gone', 'has ended', ({ state }) => state?.terminated !== undefined);
    expect(status.state?.terminated).toMatchObject({ reason: 'OOMKilled', exitCode: 137 });
    expect(pod.status?.phase).toBe('Failed');
  });

  it('is told of when only its child was killed, with what the main process made of it', async () => {
    await create('parent', shell(`sh -c '${EAT_MEMORY}'; exit $?`, { resources: LITTLE }), { restartPolicy: 'Never' });
    const { status } = await seen('parent', 'has ended', ({ state }) => state?.terminated !== undefined);
    expect(status.state?.terminated).toMatchObject({ reason: 'OOMKilled', exitCode: 137 });
  });
});

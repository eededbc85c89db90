import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
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
  node = await cluster.addReadyNode(NODE, '10.244.7.0/24');
  await cluster.create('serviceaccounts', { metadata: { name: 'default' } });
});

afterAll(() => cluster?.stop());

function shell(script: string, more: Partial<Container> = {}): Container {
  const command = ['sh', '-c', script];
  return { name: 'main', image: 'busybox', imagePullPolicy: 'IfNotPresent', command, ...more };
}

function podOf(name: string, containers: Container[], more: Partial<PodSpec> = {}): Pod {
  const spec = { nodeName: NODE, terminationGracePeriodSeconds: 1, containers, ...more };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' }, spec };
}

/** Until the container's status is as wanted. */
function statusOf(
  podName: string,
  what: string,
  accept: (status: ContainerStatus, pod: Pod) => boolean | undefined,
  container = 'main',
): Promise<ContainerStatus> {
  return eventually(`${podName}: ${what}`, async () => {
    const pod = await cluster.pod(podName);
    const all = [...(pod?.status?.containerStatuses ?? []), ...(pod?.status?.initContainerStatuses ?? [])];
    const status = all.find(({ name }) => name === container);
    return pod && status && accept(status, pod) ? status : undefined;
  });
}

function phaseOf(podName: string, phase: string): Promise<Pod> {
  return eventually(`${podName} is ${phase}`, async () => {
    const pod = await cluster.pod(podName);
    return pod?.status?.phase === phase ? pod : undefined;
  });
}

function gone(podName: string): Promise<boolean> {
  return eventually(`${podName} is gone`, async () => (await cluster.pod(podName)) === undefined);
}

async function eventsOf(podName: string): Promise<{ reason: string; message: string }[]> {
  const { json } = await cluster.api.fetch('/api/v1/namespaces/default/events');
  return json.items.filter((event: { involvedObject: { name: string } }) => event.involvedObject.name === podName);
}

function toHaveEvent(podName: string, reason: string, message: RegExp | string): Promise<boolean> {
  return eventually(`event ${reason} of ${podName}`, async () =>
    (await eventsOf(podName)).some(
      (event) =>
        event.reason === reason &&
        (typeof message === 'string' ? event.message === message : message.test(event.message)),
    ),
  );
}

async function docker(...args: string[]): Promise<string> {
  return (await run('docker', args)).stdout.trim();
}

describe('a node', () => {
  it('tells what it is and renews its lease', async () => {
    const { json: object } = await cluster.api.fetch(`/api/v1/nodes/${NODE}`);
    expect(object.metadata.labels).toMatchObject({ 'kubernetes.io/hostname': NODE, 'kubernetes.io/os': 'linux' });
    expect(object.status.addresses).toContainEqual({ type: 'InternalIP', address: node.ip });
    expect(object.status.nodeInfo).toMatchObject({
      kubeletVersion: 'v1.34.0+kubelab',
      containerRuntimeVersion: expect.stringMatching(/^docker:\/\//),
    });
    expect(object.status.capacity).toMatchObject({ pods: '110', memory: expect.stringMatching(/^\d+Ki$/) });
    expect(object.status.daemonEndpoints).toEqual({ kubeletEndpoint: { Port: node.kubeletPort } });
    const lease = async () =>
      (await cluster.api.fetch(`/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${NODE}`)).json;
    const first = await lease();
    expect(first.spec).toMatchObject({ holderIdentity: NODE, leaseDurationSeconds: 40 });
    await eventually('the lease is renewed', async () => (await lease()).spec.renewTime !== first.spec.renewTime);
  });

  it('refuses a pod that it has no room for', async () => {
    const resources = { requests: { cpu: '1000' } };
    await cluster.create('pods', podOf('too-big', [shell('sleep 1000', { resources })]));
    const pod = await phaseOf('too-big', 'Failed');
    expect(pod.status).toMatchObject({
      reason: 'OutOfcpu',
      message: expect.stringMatching(
        /^Pod was rejected: Node didn't have enough resource: cpu, requested: 1000000, used: /,
      ),
    });
    await cluster.kubectl('delete', 'pod', 'too-big');
  });
});

describe('a pod', () => {
  it('runs, with its status, its network and its events', async () => {
    const ports = [{ containerPort: 80 }];
    const resources = { requests: { cpu: '100m', memory: '32Mi' }, limits: { cpu: '500m', memory: '64Mi' } };
    await cluster.create('pods', podOf('first', [shell('sleep 1000', { ports, resources })]));
    const status = await statusOf('first', 'runs', ({ state }) => state?.running !== undefined);
    expect(status).toMatchObject({ ready: true, started: true, restartCount: 0, image: 'busybox:latest' });
    const pod = await phaseOf('first', 'Running');
    expect(pod.status).toMatchObject({
      hostIP: node.ip,
      qosClass: 'Burstable',
      podIP: expect.stringMatching(/^10\.244\.7\./),
    });
    const conditions = new Map(pod.status?.conditions?.map(({ type, status: value }) => [type, value]));
    for (const type of ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled']) {
      expect(conditions.get(type), type).toBe('True');
    }
    const host = await docker('inspect', '--format', '{{json .HostConfig}}', status.containerID?.slice(9) ?? '');
    expect(JSON.parse(host)).toMatchObject({ CpuShares: 102, CpuQuota: 50_000, Memory: 64 * 1024 * 1024 });
    await toHaveEvent('first', 'Pulled', 'Container image "busybox" already present on machine');
    await toHaveEvent('first', 'Created', 'Created container: main');
    await toHaveEvent('first', 'Started', 'Started container main');
    // Its address answers from the node.
    const pid = await docker('inspect', '--format', '{{.State.Pid}}', status.containerID?.slice(9) ?? '');
    const { stdout } = await run('nsenter', ['--target', pid, '--net', 'ip', '-4', '-o', 'address', 'show', 'eth0']);
    expect(stdout).toContain(pod.status?.podIP);
  });

  it('ends gracefully: its own handler runs within the grace period', async () => {
    const script = 'trap "echo bye > /shared/bye; exit 0" TERM; while true; do sleep 0.1; done';
    const mounted = { volumeMounts: [{ name: 'shared', mountPath: '/shared' }] };
    const path = `${node.rootDirectory}-shared`;
    const volumes = [{ name: 'shared', hostPath: { path, type: 'DirectoryOrCreate' } }];
    await cluster.create(
      'pods',
      podOf('polite', [shell(script, mounted)], { terminationGracePeriodSeconds: 30, volumes }),
    );
    await statusOf('polite', 'runs', ({ state }) => state?.running !== undefined);
    const startedAt = Date.now();
    await cluster.kubectl('delete', 'pod', 'polite');
    expect(Date.now() - startedAt).toBeLessThan(20_000);
    expect(await readFile(`${path}/bye`, 'utf8')).toBe('bye\n');
    await gone('polite');
    await eventually(
      'its containers are gone',
      async () => (await cluster.containers('label=kubelab.pod.name=polite')).length === 0,
    );
    await toHaveEvent('polite', 'Killing', 'Stopping container main');
  });

  it('is killed when its grace period is over, or shortened', async () => {
    const script = 'trap "" TERM; while true; do sleep 0.1; done';
    await cluster.create('pods', podOf('stubborn', [shell(script)], { terminationGracePeriodSeconds: 600 }));
    await statusOf('stubborn', 'runs', ({ state }) => state?.running !== undefined);
    await cluster.kubectl('delete', 'pod', 'stubborn', '--wait=false');
    await toHaveEvent('stubborn', 'Killing', 'Stopping container main');
    await cluster.kubectl('delete', 'pod', 'stubborn', '--grace-period=1');
    await gone('stubborn');
  });

  it('succeeds or fails, and says why', async () => {
    const never = { restartPolicy: 'Never' };
    await cluster.create(
      'pods',
      podOf('succeeds', [shell('echo done > /dev/termination-log')], never),
      podOf('fails', [shell('echo oh no; exit 3', { terminationMessagePolicy: 'FallbackToLogsOnError' })], never),
    );
    const succeeded = await phaseOf('succeeds', 'Succeeded');
    expect(succeeded.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 0,
      reason: 'Completed',
      message: 'done\n',
    });
    const failed = await phaseOf('fails', 'Failed');
    expect(failed.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 3,
      reason: 'Error',
      message: 'oh no\n',
    });
    expect(failed.status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'PodFailed',
    });
    expect((await cluster.kubectl('get', 'pod', 'fails')).split('\n')[1]).toMatch(/^fails\s+0\/1\s+Error\s+0/);
    await eventually('its sandbox is gone', async () => {
      const left = await cluster.containers('label=kubelab.pod.name=fails');
      return left.length === 1;
    });
  });

  it('restarts its containers, and waits ever longer between crashes', async () => {
    await cluster.create('pods', podOf('crashes', [shell('exit 1')]));
    const status = await statusOf(
      'crashes',
      'waits',
      ({ state, restartCount }) => state?.waiting?.reason === 'CrashLoopBackOff' && restartCount === 1,
    );
    expect(status.state?.waiting?.message).toMatch(
      /^back-off 10s restarting failed container=main pod=crashes_default\(/,
    );
    expect(status.lastState?.terminated).toMatchObject({ exitCode: 1, reason: 'Error' });
    await toHaveEvent('crashes', 'BackOff', /^Back-off restarting failed container main in pod crashes_default\(/);
    await statusOf('crashes', 'is started again', ({ restartCount }) => restartCount === 2);
    const kept = await cluster.containers('label=kubelab.pod.name=crashes', 'label=kubelab.role=container');
    expect(kept.length).toBeLessThanOrEqual(2);
    await cluster.kubectl('delete', 'pod', 'crashes');
  });

  it('restarts a container that somebody has killed', async () => {
    const { containerID = '' } = await statusOf('first', 'runs', ({ state }) => state?.running !== undefined);
    await docker('kill', containerID.slice(9));
    const status = await statusOf(
      'first',
      'runs again',
      ({ restartCount, state }) => restartCount === 1 && state?.running !== undefined,
    );
    expect(status.lastState?.terminated).toMatchObject({ exitCode: 137, reason: 'Error' });
  });

  it('gets a new sandbox when its own has died', async () => {
    const [sandbox = ''] = await cluster.containers('label=kubelab.pod.name=first', 'label=kubelab.role=sandbox');
    const { restartCount } = await statusOf('first', 'runs', ({ state }) => state?.running !== undefined);
    await docker('kill', sandbox);
    await statusOf(
      'first',
      'runs again',
      (status) => status.restartCount > restartCount && status.state?.running !== undefined,
    );
    expect(await cluster.containers('label=kubelab.pod.name=first', 'label=kubelab.role=sandbox')).not.toContain(
      sandbox,
    );
  });

  it('initialises in order before its containers start', async () => {
    const mounted = { volumeMounts: [{ name: 'shared', mountPath: '/shared' }] };
    const initContainers = [
      shell('echo one >> /shared/order', { name: 'init-1', ...mounted }),
      shell('echo sidecar >> /shared/order; sleep 1000', { name: 'sidecar', restartPolicy: 'Always', ...mounted }),
      shell('echo two >> /shared/order', { name: 'init-2', ...mounted }),
    ];
    const main = shell('echo main >> /shared/order; sleep 1000', mounted);
    const volumes = [{ name: 'shared', emptyDir: {} }];
    await cluster.create('pods', podOf('ordered', [main], { initContainers, volumes }));
    await statusOf('ordered', 'runs', ({ ready }) => ready);
    const pod = await phaseOf('ordered', 'Running');
    const order = await readFile(
      `${node.rootDirectory}/pods/${pod.metadata?.uid}/volumes/kubernetes.io~empty-dir/shared/order`,
      'utf8',
    );
    const lines = order.trim().split('\n');
    expect(lines.filter((line) => line !== 'sidecar')).toEqual(['one', 'two', 'main']);
    expect(lines).toContain('sidecar');
    expect(pod.status?.initContainerStatuses?.map(({ name, ready }) => [name, ready])).toEqual([
      ['init-1', true],
      ['sidecar', true],
      ['init-2', true],
    ]);
    await cluster.kubectl('delete', 'pod', 'ordered');
  });

  it('ends its sidecars after its containers, the last one first; every preStop hook runs at once', async () => {
    const order = `${node.rootDirectory}/stop-order`;
    const mounted = { volumeMounts: [{ name: 'order', mountPath: '/order' }] };
    const told = (name: string, last = '') => {
      const command = ['sh', '-c', `echo ${name}-hook >> /order/log`];
      const script = `trap '${last} echo ${name} >> /order/log; exit' TERM; touch /ready; while :; do sleep 0.1; done`;
      const startupProbe = { exec: { command: ['cat', '/ready'] }, periodSeconds: 1, failureThreshold: 30 };
      return shell(script, { name, startupProbe, lifecycle: { preStop: { exec: { command } } }, ...mounted });
    };
    // It ends only when it sees the hooks of all three: those of the sidecars wait for nobody.
    const main = told('main', 'until [ "$(grep -c hook /order/log)" = 3 ]; do sleep 0.1; done;');
    const initContainers = ['first', 'second'].map((name) => ({ ...told(name), restartPolicy: 'Always' as const }));
    const volumes = [{ name: 'order', hostPath: { path: order, type: 'DirectoryOrCreate' } }];
    await cluster.create(
      'pods',
      podOf('sidecars', [main], { initContainers, volumes, terminationGracePeriodSeconds: 25 }),
    );
    await statusOf('sidecars', 'runs', ({ ready }) => ready);
    await cluster.kubectl('delete', 'pod', 'sidecars');
    const lines = (await readFile(`${order}/log`, 'utf8')).trim().split('\n');
    expect(lines.slice(0, 3).sort()).toEqual(['first-hook', 'main-hook', 'second-hook']);
    expect(lines.slice(3)).toEqual(['main', 'second', 'first']);
  });

  it('fails with its init container where nothing is to be restarted', async () => {
    const initContainers = [shell('exit 7', { name: 'init' })];
    await cluster.create('pods', podOf('bad-init', [shell('true')], { initContainers, restartPolicy: 'Never' }));
    const pod = await phaseOf('bad-init', 'Failed');
    expect(pod.status?.initContainerStatuses?.[0]?.state?.terminated?.exitCode).toBe(7);
    expect(pod.status?.conditions?.find(({ type }) => type === 'Initialized')).toMatchObject({
      reason: 'ContainersNotInitialized',
      message: 'containers with incomplete status: [init]',
    });
  });

  it('waits for what its containers refer to', async () => {
    const env = [{ name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'palette', key: 'colour' } } }];
    await cluster.create('pods', podOf('needs-config', [shell('sleep 1000', { env })]));
    const status = await statusOf(
      'needs-config',
      'waits',
      ({ state }) => state?.waiting?.reason === 'CreateContainerConfigError',
    );
    expect(status.state?.waiting?.message).toBe('configmap "palette" not found');
    await cluster.create('configmaps', { metadata: { name: 'palette' }, data: { colour: 'green' } });
    const running = await statusOf('needs-config', 'runs', ({ state }) => state?.running !== undefined);
    const environment = await docker(
      'inspect',
      '--format',
      '{{json .Config.Env}}',
      running.containerID?.slice(9) ?? '',
    );
    expect(JSON.parse(environment)).toContain('COLOUR=green');
    await cluster.kubectl('delete', 'pod', 'needs-config');
  });

  it('tells why its image is not there', async () => {
    await cluster.create(
      'pods',
      podOf('no-image', [shell('true', { image: 'registry.invalid/nothing:1' })]),
      podOf('never-pulled', [shell('true', { image: 'registry.invalid/nothing:1', imagePullPolicy: 'Never' })]),
      podOf('bad-name', [shell('true', { image: 'Upper:1' })]),
    );
    await statusOf('never-pulled', 'waits', ({ state }) => state?.waiting?.reason === 'ErrImageNeverPull');
    await statusOf('bad-name', 'waits', ({ state }) => state?.waiting?.reason === 'InvalidImageName');
    await toHaveEvent('no-image', 'Pulling', 'Pulling image "registry.invalid/nothing:1"');
    await toHaveEvent('no-image', 'Failed', 'Error: ErrImagePull');
    await statusOf('no-image', 'waits', ({ state }) => state?.waiting?.reason === 'ErrImagePull');
    await statusOf('no-image', 'backs off', ({ state }) => state?.waiting?.reason === 'ImagePullBackOff');
    await cluster.kubectl('delete', 'pod', 'no-image', 'never-pulled', 'bad-name');
  });

  it('cannot run a command that is not there', async () => {
    await cluster.create('pods', podOf('no-command', [{ name: 'main', image: 'busybox', command: ['/nowhere'] }]));
    const status = await statusOf('no-command', 'is refused', ({ lastState }) => lastState?.terminated !== undefined);
    expect(status.lastState?.terminated).toMatchObject({ reason: 'ContainerCannotRun', exitCode: 127 });
    await toHaveEvent('no-command', 'Failed', /^Error: .*"\/nowhere"/);
    await cluster.kubectl('delete', 'pod', 'no-command');
  });

  it('is ready when its probe says so, and restarted when its probe says so', async () => {
    const readinessProbe = { exec: { command: ['test', '-e', '/tmp/ready'] }, periodSeconds: 1 };
    const livenessProbe = { exec: { command: ['test', '!', '-e', '/tmp/ill'] }, periodSeconds: 1, failureThreshold: 1 };
    await cluster.create('pods', podOf('probed', [shell('sleep 1000', { readinessProbe, livenessProbe })]));
    await statusOf('probed', 'runs', ({ state }) => state?.running !== undefined);
    await toHaveEvent('probed', 'Unhealthy', /^Readiness probe failed/);
    expect((await statusOf('probed', 'is there', () => true)).ready).toBe(false);
    await cluster.kubectl('exec', 'probed', '--', 'touch', '/tmp/ready');
    await statusOf('probed', 'is ready', ({ ready }) => ready);
    await cluster.kubectl('exec', 'probed', '--', 'touch', '/tmp/ill');
    await statusOf('probed', 'is restarted', ({ restartCount }) => restartCount === 1);
    await toHaveEvent('probed', 'Killing', 'Container main failed liveness probe, will be restarted');
  });

  it('is as privileged as the machine can make it', async () => {
    const script = 'grep CapEff /proc/self/status > /dev/termination-log';
    const containers = [
      shell(script, { name: 'privileged', securityContext: { privileged: true } }),
      shell(script, { name: 'adding', securityContext: { capabilities: { add: ['ALL'] } } }),
    ];
    await cluster.create('pods', podOf('privileged', containers, { restartPolicy: 'Never' }));
    const { status } = await phaseOf('privileged', 'Succeeded');
    for (const { state } of status?.containerStatuses ?? []) {
      const effective = BigInt(`0x${state?.terminated?.message?.split(':')[1]?.trim()}`);
      const SYS_ADMIN = 1n << 21n;
      expect(effective & SYS_ADMIN).toBe(SYS_ADMIN);
    }
  });

  it('is at an end when its time is up', async () => {
    await cluster.create('pods', podOf('short-lived', [shell('sleep 1000')], { activeDeadlineSeconds: 2 }));
    const pod = await phaseOf('short-lived', 'Failed');
    expect(pod.status).toMatchObject({
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    });
    await cluster.kubectl('delete', 'pod', 'short-lived');
  });

  it('runs in the network of its node when it asks for it', async () => {
    await cluster.create('pods', podOf('on-the-node', [shell('sleep 1000')], { hostNetwork: true }));
    await statusOf('on-the-node', 'runs', ({ state }) => state?.running !== undefined);
    const pod = await cluster.pod('on-the-node');
    expect(pod?.status?.podIP).toBe(node.ip);
    await cluster.kubectl('delete', 'pod', 'on-the-node');
  });
});

describe('a kubelet that is killed', () => {
  it('finds its pods again, and none restarts', async () => {
    await cluster.create('pods', podOf('survivor', [shell('sleep 1000')]));
    const before = await statusOf('survivor', 'runs', ({ state }) => state?.running !== undefined);
    await node.kill();
    node.start();
    await cluster.create('pods', podOf('after-the-kill', [shell('sleep 1000')]));
    await statusOf('after-the-kill', 'runs', ({ state }) => state?.running !== undefined);
    const after = await statusOf('survivor', 'runs', ({ state }) => state?.running !== undefined);
    expect(after).toEqual(before);
    expect(await cluster.containers('label=kubelab.pod.name=survivor')).toHaveLength(2);
  });

  it('makes up for what happened meanwhile', async () => {
    await cluster.create(
      'pods',
      podOf('died-alone', [shell('sleep 1000')]),
      podOf('deleted-alone', [shell('sleep 1000')]),
    );
    const { containerID = '' } = await statusOf('died-alone', 'runs', ({ state }) => state?.running !== undefined);
    await statusOf('deleted-alone', 'runs', ({ state }) => state?.running !== undefined);
    await node.kill();
    await docker('kill', containerID.slice(9));
    await cluster.kubectl('delete', 'pod', 'deleted-alone', '--force', '--grace-period=0');
    await cluster.kubectl('delete', 'pod', 'after-the-kill', '--wait=false');
    node.start();
    await statusOf(
      'died-alone',
      'runs again',
      ({ restartCount, state }) => restartCount === 1 && state?.running !== undefined,
    );
    await gone('after-the-kill');
    await eventually('orphans are gone', async () => {
      const left = await cluster.containers('label=kubelab.pod.name=deleted-alone');
      return left.length === 0;
    });
  });

  it('goes on with a start that it was killed in the middle of, and doubles nothing', async () => {
    const names = Array.from({ length: 6 }, (_, index) => `interrupted-${index}`);
    await cluster.create('pods', ...names.map((name) => podOf(name, [shell('sleep 1000')])));
    await eventually('some have begun', async () => (await cluster.containers('name=interrupted')).length >= 3);
    await node.kill();
    node.start();
    for (const name of names) {
      await statusOf(name, 'runs', ({ state }) => state?.running !== undefined);
      expect(await cluster.containers(`label=kubelab.pod.name=${name}`)).toHaveLength(2);
    }
    await cluster.kubectl('delete', 'pod', ...names);
  });
});

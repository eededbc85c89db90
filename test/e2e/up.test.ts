import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureImages } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { containersWith, eventually, execute, isRunning, TestCluster } from './kubelab-command.js';

const cluster = new TestCluster('e2e-up');
const PROCESSES = [
  'etcd',
  'apiserver',
  'scheduler',
  'controller-manager',
  'kubelet/node1',
  'proxy/node1',
  'kubelet/node2',
  'proxy/node2',
];

/** By their command lines, so that one that nobody knows of is seen, too. */
async function runningSupervisors(): Promise<number[]> {
  const { stdout } = await execute('pgrep', ['--full', `supervisor[.]mjs --state-dir=${cluster.stateDir}$`]);
  return stdout.trim().split('\n').map(Number);
}

const allHealthy = async (): Promise<true | undefined> => {
  const components = await cluster.status();
  return components.every(({ healthy }) => healthy) ? true : undefined;
};

beforeAll(async () => {
  await ensureImages(['pause', 'busybox']);
  await cluster.must('up', '--nodes=2');
});

afterAll(async () => {
  if (existsSync(cluster.stateDir)) await cluster.remove();
});

describe('up', () => {
  test('every component runs and is healthy, and the nodes are Ready', async () => {
    const components = await cluster.status();
    expect(components.map(({ component, node }) => (node ? `${component}/${node}` : component))).toEqual([
      'supervisor',
      ...PROCESSES,
      'node/node1',
      'node/node2',
    ]);
    expect(components.filter(({ healthy }) => !healthy)).toEqual([]);
    for (const { component, pid, residentBytes } of components.filter(({ component }) => component !== 'node')) {
      expect(pid && isRunning(pid), component).toBe(true);
      expect(residentBytes, component).toBeGreaterThan(1 << 20);
    }
    const ready = await cluster.kubectl(
      'get',
      'nodes',
      '-o=jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}',
    );
    expect(ready).toBe('True True');
  });

  test('run again, it says that the cluster was running, changes nothing, and is done in 5 s', async () => {
    const pids = PROCESSES.map((name) => cluster.pid(name));
    const startedMs = performance.now();
    const said = await cluster.must('up');
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect(said).toContain('was running already');
    expect(PROCESSES.map((name) => cluster.pid(name))).toEqual(pids);
  });

  test('kubeconfig prints the path of a file that only its owner may read', async () => {
    expect((await cluster.must('kubeconfig')).trim()).toBe(cluster.kubeconfig);
    const { stdout } = await execute('stat', ['--format=%a', cluster.kubeconfig, join(cluster.stateDir, 'pki/ca.key')]);
    expect(stdout).toBe('600\n600\n');
  });

  test('no key is readable by others, and the state directory is closed to them', async () => {
    const { stdout } = await execute('find', [cluster.stateDir, '-name', '*.key', '-not', '-perm', '600']);
    expect(stdout).toBe('');
    expect((await execute('stat', ['--format=%a', cluster.stateDir])).stdout.trim()).toBe('700');
  });
});

describe('the supervisor', () => {
  test.each(PROCESSES)('starts %s again after kill -9', async (name) => {
    const pid = cluster.pid(name);
    process.kill(pid, 'SIGKILL');
    await eventually(`${name} runs again`, async () => {
      const { healthy, pid: now } = await cluster.component(name);
      return healthy && now !== pid ? true : undefined;
    });
    await eventually('all are healthy', allHealthy);
    const { restarts } = await cluster.component(name);
    expect(restarts).toBe(1);
  });

  test('killed itself, it leaves the cluster running, and the next one takes it over', async () => {
    const pids = PROCESSES.map((name) => cluster.pid(name));
    process.kill(cluster.pid('supervisor'), 'SIGKILL');
    expect(await cluster.kubectl('get', 'nodes', '-o=name')).toBe('node/node1\nnode/node2');
    expect(pids.every(isRunning)).toBe(true);
    const { code } = await cluster.kubelab('status');
    expect(code).toBe(1);

    await cluster.must('up');
    expect(PROCESSES.map((name) => cluster.pid(name))).toEqual(pids);
    expect(await allHealthy()).toBe(true);
    // What it took over it also starts again.
    process.kill(cluster.pid('scheduler'), 'SIGKILL');
    await eventually('the scheduler runs again', async () =>
      (await cluster.component('scheduler')).healthy ? true : undefined,
    );
  });

  test('brings a node back whose container was killed', async () => {
    const [kubelet, proxy] = [cluster.pid('kubelet/node2'), cluster.pid('proxy/node2')];
    await execute('docker', ['kill', `kubelab-${cluster.name}-node2`]);
    await eventually('both agents are new', async () =>
      cluster.pid('kubelet/node2') !== kubelet && cluster.pid('proxy/node2') !== proxy ? true : undefined,
    );
    await eventually('all are healthy', allHealthy);
  });
});

describe('node', () => {
  test('add, stop, start and remove', async () => {
    expect(await cluster.must('node', 'add')).toContain('node3 is Ready');
    expect((await cluster.kubectl('get', 'nodes', '-o=name')).split('\n')).toContain('node/node3');

    const kubelet = cluster.pid('kubelet/node3');
    await cluster.must('node', 'stop', 'node3');
    expect(isRunning(kubelet)).toBe(false);
    const { stdout } = await execute('docker', ['ps', '--format={{.Names}}', '--filter=label=kubelab.node=node3']);
    expect(stdout).not.toContain(`kubelab-${cluster.name}-node3`);
    expect((await cluster.kubelab('status')).code).toBe(0);

    expect(await cluster.must('node', 'start', 'node3')).toContain('node3 is Ready');
    await eventually('all are healthy', allHealthy);

    await cluster.must('node', 'remove', 'node3');
    expect((await cluster.kubectl('get', 'nodes', '-o=name')).split('\n')).not.toContain('node/node3');
    expect(await containersWith(`kubelab.cluster=${cluster.name}`)).not.toContain(`kubelab-${cluster.name}-node3`);
  });

  test('a node that is not there is refused by name', async () => {
    const { code, stderr } = await cluster.kubelab('node', 'stop', 'node9');
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no node node9') });
  });
});

describe('clusters side by side', () => {
  test('a second one has its own network and processes, and its end leaves the first alone', async () => {
    const other = new TestCluster('e2e-up-2');
    try {
      await other.must('up', '--nodes=1', '--proxy-mode=iptables');
      expect(await other.kubectl('get', 'nodes', '-o=name')).toBe('node/node1');
      expect((await other.component('apiserver')).address).not.toBe((await cluster.component('apiserver')).address);
    } finally {
      await other.remove();
    }
    expect(await containersWith('kubelab.cluster=e2e-up-2')).toEqual([]);
    expect(await allHealthy()).toBe(true);
  });
});

describe('down', () => {
  test('with --keep-state, the next up goes on with what the cluster knew', async () => {
    await cluster.kubectl('create', 'configmap', 'kept', '--from-literal=key=value');
    const authority = readFileSync(join(cluster.stateDir, 'pki/ca.crt'), 'utf8');
    await cluster.must('down', '--keep-state');
    expect(await containersWith(`kubelab.cluster=${cluster.name}`)).toEqual([]);

    await cluster.must('up');
    expect(await cluster.kubectl('get', 'configmap', 'kept', '-o=jsonpath={.data.key}')).toBe('value');
    expect(readFileSync(join(cluster.stateDir, 'pki/ca.crt'), 'utf8')).toBe(authority);
    expect((await cluster.status()).filter(({ component }) => component === 'node')).toHaveLength(2);
  });

  // At the first moment the supervisor may have been started and not be known yet.
  test.each(['run', 'run/supervisor.pid.json', 'run/etcd.pid.json'])(
    'an up that was killed when %s was there is completed by the next',
    async (file) => {
      await cluster.must('down', '--keep-state');
      const script = fileURLToPath(new URL('../../deploy/bootstrap/run.mjs', import.meta.url));
      const place = [`--name=${cluster.name}`, `--state-dir=${cluster.stateDir}`];
      const killed = spawn(process.execPath, [script, 'up', ...place], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [, exit] = await Promise.all([
        eventually('it is at it', async () => (existsSync(join(cluster.stateDir, file)) ? true : undefined)).then(() =>
          killed.kill('SIGKILL'),
        ),
        once(killed, 'exit'),
      ]);
      expect(exit).toEqual([null, 'SIGKILL']);
      await cluster.must('up');
      expect((await cluster.status()).filter(({ healthy }) => !healthy)).toEqual([]);
      expect(await runningSupervisors()).toEqual([cluster.pid('supervisor')]);
    },
  );

  test('removes everything', async () => {
    await cluster.kubectl(
      'run',
      'sleeper',
      '--image=busybox',
      '--image-pull-policy=IfNotPresent',
      '--',
      'sleep',
      '3600',
    );
    await cluster.kubectl('wait', '--for=condition=Ready', 'pod/sleeper', '--timeout=60s');
    const pids = [...PROCESSES, 'supervisor'].map((name) => cluster.pid(name));
    await cluster.must('down');
    expect(pids.filter(isRunning)).toEqual([]);
    expect(await containersWith(`kubelab.cluster=${cluster.name}`)).toEqual([]);
    const networks = await execute('docker', ['network', 'ls', '--format={{.Name}}']);
    expect(networks.stdout.split('\n')).not.toContain(`kubelab-${cluster.name}`);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(cluster.stateDir);
    expect(existsSync(cluster.stateDir)).toBe(false);
    expect((await cluster.kubelab('status')).stderr).toContain('there is no cluster');
  });
});

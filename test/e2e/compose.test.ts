import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureImages } from '@kubelab/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, execute } from './kubelab-command.js';

const TOP = fileURLToPath(new URL('../../', import.meta.url));
const NAME = 'e2e-compose';
const PREFIX = '172.31.249';
const ADDRESSES = [21, 22, 23].map((last) => `${PREFIX}.${last}`);

/** Where the example's pods write their logs, on the machine itself. */
const LOG_ROOT = '/u01';
const hadLogRoot = existsSync(LOG_ROOT);
const root = mkdtempSync(join(tmpdir(), 'kubelab-e2e-'));
const stateDir = join(root, 'state');
const env = { ...process.env, KUBELAB_STATE_DIR: stateDir, KUBELAB_NAME: NAME, KUBELAB_PREFIX: PREFIX };

async function compose(...args: readonly string[]): Promise<void> {
  const command = ['--project-name', NAME, '--file', join(TOP, 'docker-compose.yml'), ...args];
  const { code, stderr } = await execute('docker-compose', command, env);
  if (code !== 0) throw new Error(`docker-compose ${args.join(' ')} failed with ${code}:\n${stderr}`);
}

async function kubectl(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await execute('kubectl', ['--kubeconfig', join(stateDir, 'kubeconfig'), ...args]);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')} failed with ${code}:\n${stderr}`);
  return stdout.trim();
}

beforeAll(async () => {
  await ensureImages(['pause', 'nginx']);
  // It holds the present build, not the one of an earlier run.
  await ensureImages(['node']);
  await compose('up', '--detach', '--no-build');
});

afterAll(async () => {
  await compose('down');
  await execute(process.execPath, [
    join(TOP, 'deploy/bootstrap/run.mjs'),
    'down',
    `--name=${NAME}`,
    `--state-dir=${stateDir}`,
  ]);
  rmSync(root, { recursive: true, force: true });
  if (!hadLogRoot) rmSync(LOG_ROOT, { recursive: true, force: true });
});

test('three nodes become Ready', async () => {
  await eventually('there are three nodes', async () =>
    (await kubectl('get', 'nodes', '-o=name')).split('\n').length === 3 ? true : undefined,
  );
  await kubectl('wait', '--for=condition=Ready', 'nodes', '--all', '--timeout=90s');
});

test('nginx runs in pods and answers on the NodePort of each node', async () => {
  const examples = ['namespace.yaml', 'nginx.yaml', 'nginx_s.yaml'];
  await kubectl('apply', ...examples.flatMap((file) => ['-f', join(TOP, 'deploy/examples', file)]));
  await kubectl('-n', 'rds2024test', 'rollout', 'status', 'deployment/nginx-test', '--timeout=90s');
  for (const address of ADDRESSES) {
    const body = await eventually(`${address} answers`, async () => {
      const response = await fetch(`http://${address}:32080/`, { signal: AbortSignal.timeout(2_000) });
      return response.ok ? response.text() : undefined;
    });
    expect(body).toContain('Welcome to nginx!');
  }
});

test('logs and exec reach the nodes’ kubelets', async () => {
  const pod = (await kubectl('-n', 'rds2024test', 'get', 'pods', '-o=name')).split('\n')[0] ?? '';
  expect(await kubectl('-n', 'rds2024test', 'exec', pod, '--', 'nginx', '-v').catch(String)).not.toContain('failed');
  expect(await kubectl('-n', 'rds2024test', 'exec', pod, '--', 'cat', '/etc/hostname')).toBe(pod.replace('pod/', ''));
});

test('what the containers use is told by the node that they are on', async () => {
  const placed = ['-o=jsonpath={.items[0].spec.nodeName} {.items[0].metadata.name}'];
  const [node = '', pod = ''] = (await kubectl('-n', 'rds2024test', 'get', 'pods', ...placed)).split(' ');
  const summary = JSON.parse(await kubectl('get', '--raw', `/api/v1/nodes/${node}/proxy/stats/summary`)) as Summary;
  const containers = summary.pods.find(({ podRef }) => podRef.name === pod)?.containers ?? [];
  expect(containers).toHaveLength(1);
  for (const { cpu, memory } of containers) {
    expect(cpu.usageCoreNanoSeconds).toBeGreaterThan(0);
    expect(memory.workingSetBytes).toBeGreaterThan(1 << 18);
  }
});

interface Summary {
  readonly pods: readonly {
    readonly podRef: { readonly name: string };
    readonly containers: readonly {
      readonly cpu: { readonly usageCoreNanoSeconds: number };
      readonly memory: { readonly workingSetBytes: number };
    }[];
  }[];
}

test('a node that is stopped takes its pods with it, and comes back', async () => {
  await compose('stop', 'node3');
  const { stdout } = await execute('docker', [
    'ps',
    '--all',
    '--quiet',
    `--filter=label=kubelab.cluster=${NAME}`,
    '--filter=label=kubelab.node=node3',
  ]);
  expect(stdout).toBe('');
  await compose('start', 'node3');
  await eventually('node3 answers again', async () => {
    const { code } = await execute('curl', ['--fail', '--silent', `http://${PREFIX}.23:10248/readyz`]);
    return code === 0 ? true : undefined;
  });
});

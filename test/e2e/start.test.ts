import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { findLeftovers, takeFootprint } from './footprint.js';
import { execute, type Outcome, TestCluster } from './kubelab-command.js';

// What the README has a new user type, in a cluster of another name than theirs.

const SCRIPT = fileURLToPath(new URL('../../deploy/bootstrap/start.mjs', import.meta.url));
/** Where the example's pods write their logs, on the machine itself. */
const LOG_ROOT = '/u01';
const hadLogRoot = existsSync(LOG_ROOT);
const cluster = new TestCluster('e2e-start');

function start(): Promise<Outcome> {
  return execute(process.execPath, [SCRIPT, `--name=${cluster.name}`, `--state-dir=${cluster.stateDir}`]);
}

afterAll(async () => {
  await cluster.remove();
  if (!hadLogRoot) rmSync(LOG_ROOT, { recursive: true, force: true });
});

test('npm start ends with an nginx that answers on every node, and says what to try next', async () => {
  const { code, stdout, stderr } = await start();
  expect(code, stderr).toBe(0);
  const answers = [...stdout.matchAll(/http:\/\/[\d.]+:32080 {2}\((node\d)\) {2}(.*)$/gm)].map((match) =>
    match.slice(1),
  );
  expect(answers).toEqual(['node1', 'node2', 'node3'].map((node) => [node, 'Welcome to nginx!']));
  expect(stdout.match(/^node\d +Ready +<none> .*$/gm)).toHaveLength(3);
  expect(stdout.match(/^nginx-test-\S+ +1\/1 +Running .*$/gm)).toHaveLength(3);
  expect(stdout).toContain(`kubeconfig: ${cluster.kubeconfig} `);
  expect(stdout.slice(stdout.indexOf('Next:')).trim().split('\n')).toHaveLength(4);
});

test('what it says to try next works as it stands', async () => {
  const { stdout } = await start();
  const next = stdout.slice(stdout.indexOf('Next:')).trim().split('\n').slice(1);
  const [, scale = '', trace = ''] = next.map((line) => line.trim());
  const env = { ...process.env, KUBECONFIG: /KUBECONFIG=(\S+)/.exec(stdout)?.[1] };
  for (const line of [scale, trace]) {
    const [program = '', ...args] = line.split(' ');
    const { code, stdout: said, stderr } = await execute(program, args, env);
    expect(code, `${line}: ${stderr}`).toBe(0);
    expect(said).not.toBe('');
  }
  expect(await cluster.kubectl('get', 'deployment/nginx-test', '-n=rds2024test', '-o=jsonpath={.spec.replicas}')).toBe(
    '5',
  );
});

test('run again, it says what is running and leaves it as it is', async () => {
  const before = await cluster.status();
  const { code, stdout } = await start();
  expect(code).toBe(0);
  expect(stdout).toContain(`cluster ${cluster.name} was running already`);
  const pids = (rows: typeof before) => rows.map(({ component, node, pid }) => [component, node, pid]);
  expect(pids(await cluster.status())).toEqual(pids(before));
});

test('npm run down leaves nothing of it', async () => {
  // `npm start` has set the replicas back to 3.
  const pods = () => cluster.kubectl('get', 'pods', '-A', '-o=name').then((names) => names.split('\n').length);
  await expect.poll(pods, { timeout: 60_000 }).toBe(3);
  const footprint = await takeFootprint(cluster);
  await cluster.must('down');
  expect(await findLeftovers(cluster, footprint)).toEqual([]);
  expect(existsSync(cluster.stateDir)).toBe(false);
});

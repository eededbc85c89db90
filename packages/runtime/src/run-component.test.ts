import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** A component whose behaviour its flag chooses, run as the process that it is meant to be. */
const MAIN = `
  import { commonOptions, parseOptions, runComponent, sleep } from './index.js';
  const options = parseOptions(process.argv.slice(2), { ...commonOptions, behave: { kind: 'string', help: 'how' } }, 'probe');
  await runComponent({
    name: 'probe',
    instance: 'a',
    async run(signal, { log, health }) {
      if (options.behave !== 'start') health.complete();
      if (options.behave === 'fail') throw new Error('no disk');
      if (options.behave === 'return') return;
      if (options.behave === 'reject') void Promise.reject(new Error('forgotten'));
      if (options.behave === 'throw') setTimeout(() => { throw new Error('thrown'); }, 1);
      if (options.behave === 'hang') await sleep(60_000);
      await sleep(60_000, signal);
    },
  }, options);
`;

let directory: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kubelab-run-component-'));
  // Bare imports of the bundle are found as they are from here.
  await symlink(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(directory, 'node_modules'));
  await build({
    stdin: { contents: MAIN, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' },
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    outfile: join(directory, 'main.mjs'),
    logLevel: 'error',
  });
});

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(directory, { recursive: true });
});

function start(...flags: string[]) {
  const child = spawn(process.execPath, [join(directory, 'main.mjs'), ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { child, ended: ended.then(([stdout, stderr, [code]]) => ({ stdout, stderr, code: code as number | null })) };
}

function startAndWait(...flags: string[]) {
  const { child, ended } = start(...flags);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const started = expect.poll(() => output, { timeout: 10_000 }).toContain('"msg":"starting"');
  return { child, ended, started, output: () => output };
}

describe('runComponent', () => {
  it('stops cleanly when asked to', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const { child, ended, started } = startAndWait();
      await started;
      child.kill(signal);
      const { code, stdout } = await ended;
      expect(code).toBe(0);
      expect(stdout).toContain('"msg":"stopped"');
      expect(JSON.parse(stdout.split('\n')[0] ?? '')).toMatchObject({
        level: 'info',
        component: 'probe',
        instance: 'a',
      });
    }
  });

  it('leaves at once when asked twice', async () => {
    const { child, ended, started, output } = startAndWait('--behave=hang');
    await started;
    child.kill('SIGTERM');
    await expect.poll(output).toContain('"msg":"stopping"');
    child.kill('SIGTERM');
    expect((await ended).code).toBe(1);
  });

  it.each([
    ['fail', 'no disk'],
    ['reject', 'forgotten'],
    ['throw', 'thrown'],
  ])('exits 1 and says why: %s', async (behave, why) => {
    const { code, stdout } = await start(`--behave=${behave}`).ended;
    expect(code).toBe(1);
    expect(stdout).toContain('"level":"fatal"');
    expect(stdout).toContain(why);
  });

  it('exits 0 when the component is done', async () => {
    expect((await start('--behave=return').ended).code).toBe(0);
  });

  it('serves health while it runs, on the address that it logs', async () => {
    const { child, ended, started, output } = startAndWait('--metrics-address=127.0.0.1:0');
    await started;
    const address = /"metricsAddress":"([^"]+)"/.exec(output())?.[1];
    const response = await fetch(`http://${address}/readyz?verbose`);
    expect(await response.text()).toBe('[+]ping ok\n[+]shutdown ok\nreadyz check passed\n');
    expect(await (await fetch(`http://${address}/metrics`)).text()).toMatch(
      /kubelab_component_info\{component="probe",instance="a"\} 1/,
    );
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
  });

  it('is alive, and not ready, while the component has not said that its checks are there', async () => {
    const { child, ended, started, output } = startAndWait('--metrics-address=127.0.0.1:0', '--behave=start');
    await started;
    const address = /"metricsAddress":"([^"]+)"/.exec(output())?.[1];
    expect((await fetch(`http://${address}/livez`)).status).toBe(200);
    const response = await fetch(`http://${address}/readyz`);
    expect(response.status).toBe(500);
    expect(await response.text()).toContain('[-]startup failed');
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
  });

  it('names a wrong flag and shows the usage', async () => {
    const { code, stderr } = await start('--log-level=loud').ended;
    expect(code).toBe(1);
    expect(stderr).toContain('probe: --log-level: "loud" is not one of');
    expect(stderr).toContain('Usage: probe [flags]');
  });

  it('prints the usage when asked for help', async () => {
    const { code, stdout } = await start('--help').ended;
    expect(code).toBe(0);
    expect(stdout).toContain('--metrics-address=string');
  });
});

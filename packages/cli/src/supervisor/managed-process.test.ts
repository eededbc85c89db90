import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { freePorts } from '../cluster/free-ports.js';
import { identify, signalProcess } from '../processes/process-identity.js';
import { ManagedProcess } from './managed-process.js';
import type { ProcessState } from './snapshot.js';

/** Answers on the port that it is given, and leaves on SIGTERM with a word in its log. */
const SERVER = `
  const { createServer } = require('node:http');
  createServer((_, response) => response.end('ok')).listen(Number(process.argv[1]), '127.0.0.1');
  process.on('SIGTERM', () => { console.log('asked to stop'); process.exit(0); });
`;

let directory: string;
let leave: AbortController;
let managed: ManagedProcess[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kubelab-process-'));
  leave = new AbortController();
});
afterEach(async () => {
  await Promise.all(managed.map((one) => one.stop('kill')));
  managed = [];
  rmSync(directory, { recursive: true });
});

function manage(port: number, script = SERVER): ManagedProcess {
  const one = new ManagedProcess({
    specification: {
      name: 'server',
      component: 'server',
      command: process.execPath,
      args: ['--eval', script, String(port)],
      address: `127.0.0.1:${port}`,
      readyUrl: `http://127.0.0.1:${port}/readyz`,
      after: [],
    },
    runDir: join(directory, 'run'),
    logFile: join(directory, 'server.log'),
    env: {},
    log: pino({ level: 'silent' }),
    nodeNetwork: () => Promise.reject(new Error('it has no node')),
    predecessorsAnswer: () => Promise.resolve(),
    onChange: () => undefined,
  });
  managed.push(one);
  return one;
}

const untilState = (one: ManagedProcess, state: ProcessState): Promise<number> =>
  vi.waitFor(
    () => {
      expect(one.snapshot().state).toBe(state);
      return one.snapshot().pid ?? 0;
    },
    { timeout: 10_000, interval: 20 },
  );

async function port(): Promise<number> {
  return (await freePorts(1))[0] ?? 0;
}

function kill(pid: number): void {
  const identity = identify(pid);
  if (!identity) throw new Error(`${pid} does not run`);
  signalProcess(identity, 'SIGKILL');
}

test('a process that dies is started again at once, and the next time after a pause', async () => {
  const one = manage(await port());
  one.start(leave.signal);
  const first = await untilState(one, 'ready');
  kill(first);
  const second = await vi.waitFor(
    () => {
      expect(one.snapshot()).toMatchObject({ state: 'ready', restarts: 1 });
      return one.snapshot().pid ?? 0;
    },
    { timeout: 10_000, interval: 20 },
  );
  expect(second).not.toBe(first);

  const killedMs = performance.now();
  kill(second);
  await vi.waitFor(() => expect(one.snapshot()).toMatchObject({ state: 'starting', restarts: 2 }), {
    timeout: 10_000,
    interval: 5,
  });
  expect(performance.now() - killedMs).toBeGreaterThan(240);
});

test('stop asks it to leave, and does not start it again', async () => {
  const one = manage(await port());
  one.start(leave.signal);
  const pid = await untilState(one, 'ready');
  await one.stop();
  expect(identify(pid)).toBeUndefined();
  expect(one.snapshot().state).toBe('stopped');
  expect(readFileSync(join(directory, 'server.log'), 'utf8')).toBe('asked to stop\n');
});

test('one that is left runs on, and is taken over with what is known of it', async () => {
  const where = await port();
  const one = manage(where);
  one.start(leave.signal);
  kill(await untilState(one, 'ready'));
  await vi.waitFor(() => expect(one.snapshot()).toMatchObject({ state: 'ready', restarts: 1 }), { timeout: 10_000 });
  const pid = one.snapshot().pid ?? 0;
  leave.abort();
  await one.ended();
  expect(identify(pid)).toBeDefined();

  const next = manage(where);
  next.start(new AbortController().signal);
  expect(await untilState(next, 'ready')).toBe(pid);
  expect(next.snapshot().restarts).toBe(1);
  // Its end is noticed though it is not a child.
  kill(pid);
  await vi.waitFor(() => expect(next.snapshot()).toMatchObject({ state: 'ready', restarts: 2 }), { timeout: 10_000 });
});

test('one whose command has changed is not taken over but started anew', async () => {
  const where = await port();
  const one = manage(where);
  one.start(leave.signal);
  const pid = await untilState(one, 'ready');
  leave.abort();
  await one.ended();

  const changed = manage(where, `${SERVER}// changed`);
  changed.start(new AbortController().signal);
  expect(await untilState(changed, 'ready')).not.toBe(pid);
  expect(identify(pid)).toBeUndefined();
});

test('a command that does not exist is told of, not thrown', async () => {
  const one = new ManagedProcess({
    specification: {
      name: 'nothing',
      component: 'nothing',
      command: join(directory, 'nothing'),
      args: [],
      address: '',
      readyUrl: 'http://127.0.0.1:1/readyz',
      after: [],
    },
    runDir: directory,
    logFile: join(directory, 'nothing.log'),
    env: {},
    log: pino({ level: 'silent' }),
    nodeNetwork: () => Promise.reject(new Error('it has no node')),
    predecessorsAnswer: () => Promise.resolve(),
    onChange: () => undefined,
  });
  managed.push(one);
  one.start(leave.signal);
  await vi.waitFor(() =>
    expect(one.snapshot()).toMatchObject({ state: 'failing', message: expect.stringContaining('ENOENT') }),
  );
});

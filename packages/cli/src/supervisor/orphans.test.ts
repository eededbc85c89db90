import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PROCESS_VARIABLE, STATE_DIR_VARIABLE } from '../processes/component-environment.js';
import { writePidFile } from '../processes/pid-file.js';
import { identify, type ProcessIdentity } from '../processes/process-identity.js';
import { findOrphans } from './orphans.js';

let stateDir: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'kubelab-orphans-'));
});
afterEach(async () => {
  const ends = children.map((child) => once(child, 'exit'));
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(ends);
  rmSync(stateDir, { recursive: true });
});

async function start(environment: Record<string, string>): Promise<ProcessIdentity> {
  const child = spawn('sleep', ['60'], { env: { ...process.env, ...environment } });
  children.push(child);
  await once(child, 'spawn');
  const identity = identify(child.pid ?? 0);
  if (!identity) throw new Error('it has ended');
  return identity;
}

test('what no pid file tells of is an orphan; what one does, and its children, are not', async () => {
  const marked = { [STATE_DIR_VARIABLE]: stateDir };
  const lost = await start({ ...marked, [PROCESS_VARIABLE]: 'etcd' });
  const known = await start({ ...marked, [PROCESS_VARIABLE]: 'proxy/node1' });
  await start({ ...marked, [PROCESS_VARIABLE]: 'proxy/node1' });
  await start(marked);
  await start({ [STATE_DIR_VARIABLE]: `${stateDir}-2`, [PROCESS_VARIABLE]: 'etcd' });
  const runDir = join(stateDir, 'run');
  await writePidFile(runDir, { ...known, name: 'proxy/node1', commandDigest: '', restarts: 0 });

  expect(findOrphans(stateDir, runDir)).toEqual([lost]);
});

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ClusterPaths, logFilePath } from '../cluster/cluster-paths.js';
import { componentEnvironment } from '../processes/component-environment.js';
import { readPidFile, removePidFile, writePidFile } from '../processes/pid-file.js';
import { isAlive, type ProcessIdentity } from '../processes/process-identity.js';
import { digestCommand, startProcess } from '../processes/running-process.js';
import { killProcesses, stopProcesses } from '../processes/stop-processes.js';
import { applyCluster } from './control-client.js';

const NAME = 'supervisor';
const START_LIMIT_MS = 15_000;
const LOOK_EVERY_MS = 15;
/** It needs little, and V8 takes what it is given. */
const SMALL_PROCESS = ['--max-semi-space-size=1', '--max-old-space-size=64'];

/** The cluster's supervisor if it is alive. */
export function findSupervisor(paths: ClusterPaths): ProcessIdentity | undefined {
  const file = readPidFile(paths.runDir, NAME);
  return file && isAlive(file) ? { pid: file.pid, startTicks: file.startTicks } : undefined;
}

/** Has the cluster's supervisor take up cluster.json, or starts one where none is alive or it does not answer. */
export async function ensureSupervisor(paths: ClusterPaths, binDir: string): Promise<void> {
  const present = findSupervisor(paths);
  if (present) {
    if (await takesUp(paths)) return;
    await killProcesses([present]);
  }
  mkdirSync(paths.runDir, { recursive: true, mode: 0o700 });
  mkdirSync(paths.logsDir, { recursive: true, mode: 0o700 });
  const args = [...SMALL_PROCESS, join(binDir, 'supervisor.mjs'), `--state-dir=${paths.stateDir}`];
  const running = await startProcess({
    command: process.execPath,
    args,
    env: componentEnvironment(paths.stateDir, binDir),
    logFile: logFilePath(paths, NAME),
    leave: true,
  });
  const commandDigest = digestCommand(process.execPath, args);
  await writePidFile(paths.runDir, { ...running.identity, name: NAME, commandDigest, restarts: 0 });
}

/** Ends the supervisor; the processes that it cares for run on. */
export async function stopSupervisor(paths: ClusterPaths): Promise<void> {
  const present = findSupervisor(paths);
  if (present) await stopProcesses([present]);
  await removePidFile(paths.runDir, NAME);
}

/** Retries while it starts; rejects with why it ended, or did not begin to answer. */
export async function untilSupervised<T>(paths: ClusterPaths, ask: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + START_LIMIT_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const logFile = logFilePath(paths, NAME);
      if (!findSupervisor(paths)) throw new Error(`the supervisor ended; see ${logFile}`, { cause: error });
      if (performance.now() > deadline) throw new Error(`the supervisor does not answer; see ${logFile}`);
    }
    await delay(LOOK_EVERY_MS);
  }
}

async function takesUp(paths: ClusterPaths): Promise<boolean> {
  const limit = delay(START_LIMIT_MS, false, { ref: false });
  return Promise.race([limit, applyCluster(paths.socket).then(() => true)]).catch(() => false);
}

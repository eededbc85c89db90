import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ClusterPaths, logFilePath } from '../cluster/cluster-paths.js';
import { componentEnvironment } from '../processes/component-environment.js';
import { readPidFile, removePidFile } from '../processes/pid-file.js';
import { isAlive, type ProcessIdentity } from '../processes/process-identity.js';
import { startProcess } from '../processes/running-process.js';
import { killProcesses, stopProcesses } from '../processes/stop-processes.js';
import { applyCluster } from './control-client.js';

export const SUPERVISOR = 'supervisor';
const START_LIMIT_MS = 15_000;
const LOOK_EVERY_MS = 15;

/** The cluster's supervisor if it is alive. */
export function findSupervisor(paths: ClusterPaths): ProcessIdentity | undefined {
  const file = readPidFile(paths.runDir, SUPERVISOR);
  return file && isAlive(file) ? { pid: file.pid, startTicks: file.startTicks } : undefined;
}

/** Has the cluster's supervisor take up cluster.json, or starts one where none is alive or it does not answer. */
export async function ensureSupervisor(paths: ClusterPaths, binDir: string): Promise<void> {
  const present = findSupervisor(paths);
  if (present) {
    if (await takesUp(paths)) return;
    await killProcesses([present]);
  }
  const started = await startSupervisor(paths, binDir);
  // One whose starter was killed may have come before it, and has read another cluster.json.
  if (started.pid !== findSupervisor(paths)?.pid) {
    await untilSupervised(paths, () => applyCluster(paths.socket));
  }
}

/** Resolves once a supervisor is known, be it this or another one. */
async function startSupervisor(paths: ClusterPaths, binDir: string): Promise<ProcessIdentity> {
  mkdirSync(paths.runDir, { recursive: true, mode: 0o700 });
  mkdirSync(paths.logsDir, { recursive: true, mode: 0o700 });
  const { identity } = await startProcess({
    command: process.execPath,
    args: [join(binDir, 'supervisor.mjs'), `--state-dir=${paths.stateDir}`],
    env: componentEnvironment(paths.stateDir, binDir),
    logFile: logFilePath(paths, SUPERVISOR),
    leave: true,
  });
  await untilSupervisorKnown(paths, () => isAlive(identity));
  return identity;
}

/** Rejects when none is after 15 s, or `hope` is gone. */
export async function untilSupervisorKnown(paths: ClusterPaths, hope: () => boolean = () => true): Promise<void> {
  const deadline = performance.now() + START_LIMIT_MS;
  const logFile = logFilePath(paths, SUPERVISOR);
  for (;;) {
    const hopeful = hope();
    if (findSupervisor(paths)) return;
    if (!hopeful) throw new Error(`the supervisor ended; see ${logFile}`);
    if (performance.now() > deadline) throw new Error(`the supervisor does not start; see ${logFile}`);
    await delay(LOOK_EVERY_MS);
  }
}

/** Ends the supervisor; the processes that it cares for run on. */
export async function stopSupervisor(paths: ClusterPaths): Promise<void> {
  const present = findSupervisor(paths);
  if (present) await stopProcesses([present]);
  await removePidFile(paths.runDir, SUPERVISOR);
}

/** Retries while it starts; rejects with why it ended, or did not begin to answer. */
export async function untilSupervised<T>(paths: ClusterPaths, ask: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + START_LIMIT_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const logFile = logFilePath(paths, SUPERVISOR);
      if (!findSupervisor(paths)) throw new Error(`the supervisor ended; see ${logFile}`, { cause: error });
      if (performance.now() > deadline) throw new Error(`the supervisor does not answer; see ${logFile}`);
    }
    await delay(LOOK_EVERY_MS);
  }
}

/** It may only just have started, and not listen yet. */
async function takesUp(paths: ClusterPaths): Promise<boolean> {
  const limit = delay(START_LIMIT_MS, false, { ref: false });
  return Promise.race([limit, untilSupervised(paths, () => applyCluster(paths.socket)).then(() => true)]).catch(
    () => false,
  );
}

import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, type ProcessIdentity, signalProcess } from './process-identity.js';

const LOOK_EVERY_MS = 20;

/** Asks with SIGTERM, and after `graceMs` (default 5,000) with SIGKILL. Resolves once all are gone. */
export async function stopProcesses(processes: readonly ProcessIdentity[], graceMs = 5_000): Promise<void> {
  for (const identity of processes) signalProcess(identity, 'SIGTERM');
  if (await allGone(processes, graceMs)) return;
  await killProcesses(processes);
}

/** SIGKILL. Resolves once all are gone; rejects when the kernel keeps one for 10 s. */
export async function killProcesses(processes: readonly ProcessIdentity[]): Promise<void> {
  for (const identity of processes) signalProcess(identity, 'SIGKILL');
  if (await allGone(processes, 10_000)) return;
  const left = processes.filter(isAlive).map(({ pid }) => pid);
  throw new Error(`processes ${left.join(', ')} do not end`);
}

/** Whose children they are is not known, so that their end cannot be waited for, only looked for. */
async function allGone(processes: readonly ProcessIdentity[], limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (processes.some(isAlive)) {
    if (performance.now() > deadline) return false;
    await delay(LOOK_EVERY_MS);
  }
  return true;
}

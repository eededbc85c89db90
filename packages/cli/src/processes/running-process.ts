import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { identify, isAlive, type ProcessIdentity } from './process-identity.js';

export interface RunningProcess {
  readonly identity: ProcessIdentity;
  /** Resolves with how it ended: `exit code 1`, `signal SIGKILL`. Never rejects. */
  readonly ended: Promise<string>;
}

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Its output is added to this file. */
  readonly logFile: string;
  /** The process whose network namespace it is to run in; absent: this one's. */
  readonly networkOf?: number;
  /** Whoever starts it does not stay for its sake. Default false. */
  readonly leave?: boolean;
}

/** Another process's child cannot be waited for: how often it is looked after. */
const LOOK_EVERY_MS = 200;

/** What tells one command from another: `adopt` a process only if its command is still the wanted one. */
export function digestCommand(command: string, args: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([command, args]))
    .digest('hex')
    .slice(0, 16);
}

/** Starts a process that outlives this one. Rejects when it cannot be started at all. */
export async function startProcess(options: Command): Promise<RunningProcess> {
  // nsenter becomes the command itself, with the same pid.
  const [command, args] =
    options.networkOf === undefined
      ? [options.command, options.args]
      : ['nsenter', [`--net=/proc/${options.networkOf}/ns/net`, '--', options.command, ...options.args]];
  const log = openSync(options.logFile, 'a', 0o600);
  try {
    const child = spawn(command, args, {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, ...options.env },
      cwd: '/',
    });
    if (options.leave) child.unref();
    const ended = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
    });
    await new Promise((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    const identity = child.pid === undefined ? undefined : identify(child.pid);
    if (!identity) throw new Error(`${options.command} ended at once with ${await ended}`);
    return { identity, ended };
  } finally {
    closeSync(log);
  }
}

/** Takes over a process that somebody else started. `signal` ends the looking, not the process. */
export function adoptProcess(identity: ProcessIdentity, signal: AbortSignal): RunningProcess {
  const watch = async (): Promise<string> => {
    while (isAlive(identity) && !signal.aborted) {
      await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
    return 'an unknown cause';
  };
  return { identity, ended: watch() };
}

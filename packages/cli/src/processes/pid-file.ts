import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '@kubelab/runtime';
import { isAlive, type ProcessIdentity } from './process-identity.js';

/** What is known of a running process of the cluster, beyond the life of whoever started it. */
export interface PidFile extends ProcessIdentity {
  readonly name: string;
  /** Of the command that it runs; another one means that it is to be started anew. */
  readonly commandDigest: string;
  /** How often it has been started again after it died. */
  readonly restarts: number;
  /** The first process of the container whose network namespace it was started in. */
  readonly nodeContainerPid?: number;
}

/** `kubelet/node1` is kept as kubelet-node1.pid.json. */
function pidFilePath(runDir: string, name: string): string {
  return join(runDir, `${name.replace('/', '-')}.pid.json`);
}

export async function writePidFile(runDir: string, file: PidFile): Promise<void> {
  await mkdir(runDir, { recursive: true, mode: 0o700 });
  await writeFileAtomically(pidFilePath(runDir, file.name), JSON.stringify(file), 0o600);
}

export async function removePidFile(runDir: string, name: string): Promise<void> {
  await rm(pidFilePath(runDir, name), { force: true });
}

/** Undefined where there is none, or it cannot be read. Its process may be dead: see `isAlive`. */
export function readPidFile(runDir: string, name: string): PidFile | undefined {
  return parse(pidFilePath(runDir, name));
}

/** The files whose processes are alive. */
export function livePidFiles(runDir: string): PidFile[] {
  let names: string[];
  try {
    names = readdirSync(runDir);
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith('.pid.json'))
    .map((name) => parse(join(runDir, name)))
    .filter((file) => file !== undefined)
    .filter(isAlive);
}

function parse(path: string): PidFile | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as PidFile;
  } catch {
    return undefined;
  }
}

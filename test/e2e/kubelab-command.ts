import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../deploy/bootstrap/run.mjs', import.meta.url));
const LIMIT_MS = 180_000;

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One row of `kubelab status -o json`. */
export interface ComponentStatus {
  readonly component: string;
  readonly node?: string;
  /** Of the process of hollow nodes: how many. */
  readonly nodes?: number;
  readonly pid?: number;
  readonly address: string;
  readonly healthy: boolean;
  readonly message: string;
  readonly residentBytes?: number;
  readonly restarts: number;
}

/** Runs a program to its end, whatever its exit code. */
export function execute(file: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(file, [...args], { env, timeout: LIMIT_MS, maxBuffer: 32 << 20 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
  });
}

/** A cluster of its own for one test file: another name, and its state in a temporary directory. */
export class TestCluster {
  readonly stateDir: string;

  constructor(readonly name: string) {
    this.stateDir = join(mkdtempSync(join(tmpdir(), 'kubelab-e2e-')), 'state');
  }

  get kubeconfig(): string {
    return join(this.stateDir, 'kubeconfig');
  }

  /** `kubelab COMMAND … --name NAME --state-dir DIR`. */
  kubelab(...args: readonly string[]): Promise<Outcome> {
    const place = [`--name=${this.name}`, `--state-dir=${this.stateDir}`];
    return execute(process.execPath, [SCRIPT, ...args, ...place]);
  }

  /** The same, which must go well. Resolves with what it printed. */
  async must(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.kubelab(...args);
    if (code !== 0) throw new Error(`kubelab ${args.join(' ')} failed with ${code}:\n${stdout}\n${stderr}`);
    return stdout;
  }

  /** kubectl, which must go well. Resolves with what it printed. */
  async kubectl(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await execute('kubectl', ['--kubeconfig', this.kubeconfig, ...args]);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} failed with ${code}:\n${stderr}`);
    return stdout.trim();
  }

  async status(): Promise<readonly ComponentStatus[]> {
    const { stdout } = await this.kubelab('status', '--output=json');
    return (JSON.parse(stdout) as { components: ComponentStatus[] }).components;
  }

  /** By component, or component/node. */
  async component(name: string): Promise<ComponentStatus> {
    const [component, node] = name.split('/');
    const found = (await this.status()).find((row) => row.component === component && row.node === node);
    if (!found) throw new Error(`status does not show ${name}`);
    return found;
  }

  /** The pid of a component as the supervisor has written it down. */
  pid(name: string): number {
    const path = join(this.stateDir, 'run', `${name.replace('/', '-')}.pid.json`);
    return (JSON.parse(readFileSync(path, 'utf8')) as { pid: number }).pid;
  }

  /** Removes the cluster and its directory. */
  async remove(): Promise<void> {
    await this.must('down');
    rmSync(join(this.stateDir, '..'), { recursive: true, force: true });
  }
}

/** Resolves with what `look` gives once it is not undefined; what it throws counts as not yet. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>, limitMs = 60_000): Promise<T> {
  const deadline = performance.now() + limitMs;
  let last: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) throw new Error(`${what}: not within ${limitMs / 1000} s`, { cause: last });
    await delay(100);
  }
}

export function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
}

/** The names of the containers, of any state, that carry the label. */
export async function containersWith(label: string): Promise<string[]> {
  const { stdout } = await execute('docker', ['ps', '--all', '--format={{.Names}}', `--filter=label=${label}`]);
  return stdout.split('\n').filter((line) => line !== '');
}

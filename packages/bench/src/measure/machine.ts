import { execFile } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a figure was measured on. The clients run there, too. */
export interface Machine {
  readonly cpus: number;
  readonly cpuModel: string;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
  readonly etcd: string;
  readonly docker: string;
  /** What else the machine was doing just before: the load of the last minute. */
  readonly loadBefore: number;
}

export async function describeMachine(): Promise<Machine> {
  const [etcd, docker] = await Promise.all([
    version('etcd', ['--version'], /etcd Version: (\S+)/),
    version('docker', ['version', '--format', '{{.Server.Version}}'], /(\S+)/),
  ]);
  return {
    cpus: cpus().length,
    cpuModel: cpus()[0]?.model.trim() ?? '',
    memoryGb: Math.round(totalmem() / 1e9),
    kernel: release(),
    node: process.versions.node,
    etcd,
    docker,
    loadBefore: Number((loadavg()[0] ?? 0).toFixed(2)),
  };
}

/** Empty where the program is not there: a bench that needs it says so itself. */
async function version(command: string, args: readonly string[], pattern: RegExp): Promise<string> {
  const output = await run(command, [...args]).then(
    ({ stdout }) => stdout,
    () => '',
  );
  return pattern.exec(output)?.[1] ?? '';
}

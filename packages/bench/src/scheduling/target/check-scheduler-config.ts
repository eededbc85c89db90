import { join, resolve } from 'node:path';
import { bundleDirectory, runCommand } from '../../cluster/kubelab-command.js';
import { WorkloadError } from '../workload/yaml-field.js';

/** The scheduler reads its configuration before it looks for its certificates, which end it. */
const NOWHERE = ['--apiserver=127.0.0.1:1', ...['ca', 'cert', 'key'].map((name) => `--${name}-file=/nonexistent`)];

interface FatalLine {
  readonly level?: string;
  readonly error?: { readonly type?: string; readonly message?: string };
}

/** Rejects with what the scheduler itself says against the file, before a cluster is brought up for it. */
export async function checkSchedulerConfig(path: string, signal: AbortSignal): Promise<void> {
  const scheduler = join(bundleDirectory(), 'scheduler.mjs');
  const lines: string[] = [];
  const onLine = (line: string): void => void lines.push(line);
  await runCommand(process.execPath, [scheduler, ...NOWHERE, `--config=${resolve(path)}`], { signal, onLine }).catch(
    () => undefined,
  );
  signal.throwIfAborted();
  const errors = lines
    .filter((line) => line.startsWith('{'))
    .flatMap((line) => (JSON.parse(line) as FatalLine).error ?? []);
  const against = errors.find(({ type, message }) => type === 'ConfigurationError' || message?.includes(resolve(path)));
  if (against) throw new WorkloadError(against.message ?? `${path} is not right`);
}

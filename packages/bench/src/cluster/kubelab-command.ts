import { spawn } from 'node:child_process';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface KubelabCommandOptions {
  readonly signal: AbortSignal;
  /** Lines of stdout and stderr, as they come. */
  readonly onLine?: (line: string) => void;
  /** In a process group of its own, which Ctrl-C does not reach. Default false. */
  readonly detached?: boolean;
}

/** Where the bundles are: this module is in one of them, or in one of their chunks. */
export function bundleDirectory(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return basename(here) === 'chunks' ? dirname(here) : here;
}

/** Runs the command line as people do. Resolves with what it wrote; rejects with that when it fails. */
export function runKubelab(args: readonly string[], options: KubelabCommandOptions): Promise<string> {
  return runCommand(process.execPath, [join(bundleDirectory(), 'kubelab.mjs'), ...args], options);
}

export interface CommandOptions extends KubelabCommandOptions {
  /** Written to its stdin. */
  readonly input?: string;
}

/**
 * Runs a command to its end. What it leaves running may keep its output open:
 * that is not waited for.
 */
export function runCommand(command: string, args: readonly string[], options: CommandOptions): Promise<string> {
  const { signal, onLine, detached = false, input } = options;
  return new Promise((resolve, reject) => {
    const lines: string[] = [];
    const child = spawn(command, [...args], { signal, detached, stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        onLine?.(line);
      });
    child.once('error', reject);
    child.once('exit', (code, killed) => {
      setImmediate(() => {
        child.stdout.destroy();
        child.stderr.destroy();
        const output = lines.join('\n');
        if (code === 0) resolve(output);
        else reject(new Error(`${basename(command)} ${args.join(' ')} ended with ${code ?? killed}:\n${output}`));
      });
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  });
}

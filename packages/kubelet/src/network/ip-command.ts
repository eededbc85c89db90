import { execFile } from 'node:child_process';

const COMMAND_TIMEOUT_MS = 15_000;

/** iproute2's two programs: ip(8) and bridge(8). */
type Program = 'ip' | 'bridge';

/** Asks the kernel about this process's network namespace. */
export async function query<T>(program: Program, args: readonly string[], signal: AbortSignal): Promise<T[]> {
  const output = await runWithInput(program, ['-json', ...args], '', signal);
  return output.trim() === '' ? [] : (JSON.parse(output) as T[]);
}

/** Runs several commands, one a line, in one process. Stops at the first that fails and rejects with its message. */
export async function batch(program: Program, commands: readonly string[], signal: AbortSignal): Promise<void> {
  if (commands.length > 0) await runWithInput(program, ['-batch', '-'], `${commands.join('\n')}\n`, signal);
}

/** Runs a command with text on its stdin. Rejects with what it wrote to stderr. */
export async function runWithInput(
  file: string,
  args: readonly string[],
  input: string,
  signal: AbortSignal,
): Promise<string> {
  return await new Promise((resolve, reject) => {
    const child = execFile(file, args, { signal, timeout: COMMAND_TIMEOUT_MS }, (error, stdout, stderr) => {
      if (!error) resolve(stdout);
      else reject(new Error(`${file} ${args.join(' ')}: ${stderr.trim() || error.message}`, { cause: error }));
    });
    // The exit status tells more than a broken pipe.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

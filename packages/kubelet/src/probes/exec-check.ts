import type { ProcessStreams } from '../container-runtime/runtime.js';
import type { ProbeAttempt, ProbeTarget } from './probe-attempt.js';

/** What a probe's command may say; the rest is read and dropped. */
const MAX_OUTPUT_BYTES = 10 * 1024;

/** The engine tells that it starts a process before it has: that time, under load, is not the command's. */
const ENGINE_START_MS = 1_000;

/** Runs a command in the container: exit code 0 is success. One that takes too long has failed, and is left to itself. */
export async function checkExec(
  command: readonly string[],
  { runtime, containerId }: ProbeTarget,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeAttempt> {
  const options = { command, stdin: false, stdout: true, stderr: true, tty: false };
  const process = await runtime.exec(containerId, options, signal);
  const late = AbortSignal.timeout(ENGINE_START_MS + timeoutMs);
  const close = (): void => process.close();
  const either = AbortSignal.any([late, signal]);
  either.addEventListener('abort', close, { once: true });
  try {
    const { output, exitCode } = await readToEnd(process);
    signal.throwIfAborted();
    if (late.aborted) return timedOut(command, timeoutMs);
    return { outcome: exitCode === 0 ? 'success' : 'failure', output };
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) return timedOut(command, timeoutMs);
    throw error;
  } finally {
    either.removeEventListener('abort', close);
  }
}

async function readToEnd(process: ProcessStreams): Promise<{ output: string; exitCode: number | undefined }> {
  let output = Buffer.alloc(0);
  for await (const { data } of process.output) {
    if (output.length < MAX_OUTPUT_BYTES) output = Buffer.concat([output, data]).subarray(0, MAX_OUTPUT_BYTES);
  }
  return { output: output.toString('utf8'), exitCode: await process.exitCode() };
}

function timedOut(command: readonly string[], timeoutMs: number): ProbeAttempt {
  return {
    outcome: 'failure',
    output: `command timed out: "${command.join(' ')}" timed out after ${timeoutMs / 1000}s`,
  };
}

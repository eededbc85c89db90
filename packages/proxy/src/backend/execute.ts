import { spawn } from 'node:child_process';

export interface ExecuteOptions {
  readonly input?: string;
  readonly signal: AbortSignal;
}

/** A program that ended with another code than 0. */
export class CommandFailed extends Error {
  constructor(
    readonly command: string,
    readonly exitCode: number | null,
    readonly standardError: string,
  ) {
    super(`${command} exited with ${exitCode}: ${standardError.trim().slice(0, 2_000)}`);
    this.name = 'CommandFailed';
  }
}

/** Runs a program with an argument vector and gives its standard output. @throws CommandFailed */
export type Execute = (command: string, args: readonly string[], options: ExecuteOptions) => Promise<string>;

export const execute: Execute = (command, args, options) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], signal: options.signal });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(output).toString());
      else reject(new CommandFailed([command, ...args].join(' '), code, Buffer.concat(errors).toString()));
    });
    // A program that ends before it has read everything breaks the pipe; its exit code tells why.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });

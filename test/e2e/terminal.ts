import { spawn } from 'node:child_process';
import { eventually } from './kubelab-command.js';

export interface TerminalSession {
  /** Everything that was shown so far. */
  readonly shown: string;
  type(text: string): void;
  /** Resolves once it shows the text. */
  until(text: string): Promise<void>;
  /** Resolves with the exit code of the program. */
  ended(): Promise<number | null>;
}

export const ROWS = 33;
export const COLUMNS = 111;

/** Runs a program on a terminal of ROWS by COLUMNS, which util-linux's `script` makes. */
export function openTerminal(program: string, args: readonly string[]): TerminalSession {
  const command = [program, ...args].map((part) => `'${part}'`).join(' ');
  const inner = `stty rows ${ROWS} cols ${COLUMNS}; exec ${command}`;
  const child = spawn('script', ['--quiet', '--return', '--command', inner, '/dev/null'], {
    env: { ...process.env, SHELL: '/bin/sh', TERM: 'xterm' },
  });
  let shown = '';
  const add = (chunk: Buffer): void => {
    shown += chunk.toString();
  };
  child.stdout.on('data', add);
  child.stderr.on('data', add);
  child.stdin.on('error', () => undefined);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    get shown() {
      return shown;
    },
    type: (text) => void child.stdin.write(text),
    until: async (text) => {
      await eventually(`${JSON.stringify(text)} on the terminal, which shows ${JSON.stringify(shown)}`, async () =>
        shown.includes(text) ? true : undefined,
      );
    },
    ended: () => ended,
  };
}

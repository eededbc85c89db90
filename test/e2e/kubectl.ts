import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import type { Outcome } from './kubelab-command.js';

const LIMIT_MS = 120_000;
export interface KubectlOptions {
  readonly stdin?: string;
  readonly limitMs?: number;
}

/** One kubectl for one cluster. It keeps its cache beside the cluster's state and writes nowhere else. */
export class Kubectl {
  constructor(
    readonly kubeconfig: string,
    readonly binary = 'kubectl',
    readonly namespace?: string,
  ) {}

  /** The same in another namespace. */
  in(namespace: string): Kubectl {
    return new Kubectl(this.kubeconfig, this.binary, namespace);
  }

  /** Whatever its exit code. */
  run(args: readonly string[], { stdin, limitMs = LIMIT_MS }: KubectlOptions = {}): Promise<Outcome> {
    return new Promise((resolve) => {
      const options = { timeout: limitMs, maxBuffer: 64 << 20 };
      const child = execFile(this.binary, this.args(args), options, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
      });
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(stdin ?? '');
    });
  }

  /** It must go well. Resolves with what it printed. */
  async must(...args: readonly string[]): Promise<string> {
    return this.#succeed(args);
  }

  /** Applies objects, or one text as it is. */
  async apply(...objects: readonly (object | string)[]): Promise<string> {
    const [first] = objects;
    const list = { apiVersion: 'v1', kind: 'List', items: objects };
    const stdin = typeof first === 'string' ? first : JSON.stringify(objects.length === 1 ? first : list);
    return this.#succeed(['apply', '-f', '-'], { stdin });
  }

  /** `get … -o json`, parsed. */
  async get<T>(...args: readonly string[]): Promise<T> {
    return JSON.parse(await this.#succeed(['get', ...args, '-o', 'json'])) as T;
  }

  /** `get … -o jsonpath=…`. */
  async jsonPath(path: string, ...args: readonly string[]): Promise<string> {
    return this.#succeed(['get', ...args, '-o', `jsonpath=${path}`]);
  }

  async exec(pod: string, ...command: readonly string[]): Promise<string> {
    return this.#succeed(['exec', pod, '--', ...command]);
  }

  /** For what runs until it is told to stop: `get -w`, `logs -f`. */
  start(...args: readonly string[]): Following {
    return new Following(spawn(this.binary, this.args(args)));
  }

  /** The whole argument vector, for a program that runs kubectl itself. */
  args(args: readonly string[]): string[] {
    const cache = join(dirname(dirname(this.kubeconfig)), 'kubectl-cache');
    const place = ['--kubeconfig', this.kubeconfig, '--cache-dir', cache];
    return [...place, ...(this.namespace ? ['--namespace', this.namespace] : []), ...args];
  }

  async #succeed(args: readonly string[], options: KubectlOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, options);
    if (code !== 0) throw new Error(`${this.binary} ${args.join(' ')} failed with ${code}:\n${stderr}${stdout}`);
    return stdout.trimEnd();
  }
}

/** A kubectl that runs, and what it has printed so far. */
export class Following {
  output = '';
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<number | null>;

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    const add = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    this.#ended = new Promise((resolve) => child.once('close', resolve));
  }

  /** Resolves with its exit code once it has ended by itself. */
  ended(): Promise<number | null> {
    return this.#ended;
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#ended;
  }
}

import { readFileSync } from 'node:fs';
import { type ClusterPaths, logFilePath } from '../cluster/cluster-paths.js';
import { watchCluster } from '../supervisor/control-client.js';
import type { ProcessSnapshot, Snapshot } from '../supervisor/snapshot.js';
import { untilSupervised } from '../supervisor/start-supervisor.js';
import { CommandError } from './command-context.js';

/** Follows the supervisor's word on the cluster's processes. */
export class Progress {
  readonly #paths: ClusterPaths;
  readonly #end = new AbortController();
  readonly #listeners = new Set<() => void>();
  #snapshot: Snapshot | undefined;
  #failure: Error | undefined;
  #following: Promise<void> = Promise.resolve();

  constructor(paths: ClusterPaths) {
    this.#paths = paths;
  }

  /** Resolves with the first word. */
  async open(): Promise<Snapshot> {
    const snapshots = watchCluster(this.#paths.socket, this.#end.signal)[Symbol.asyncIterator]();
    const first = await snapshots.next();
    if (first.done) throw new Error('the supervisor said nothing');
    this.#snapshot = first.value;
    this.#following = this.#follow({ [Symbol.asyncIterator]: () => snapshots });
    return first.value;
  }

  async close(): Promise<void> {
    this.#end.abort();
    await this.#following;
  }

  /** Resolves once all processes that `wanted` picks are ready; rejects after `limitMs`, saying which are not and why. */
  async ready(
    wanted: (process: ProcessSnapshot) => boolean,
    limitMs: number,
    onMessage: (message: string) => void = () => undefined,
  ): Promise<void> {
    const waiting = (): ProcessSnapshot[] =>
      (this.#snapshot?.processes ?? []).filter((process) => wanted(process) && process.state !== 'ready');
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => finish(notReady(waiting(), this.#paths, limitMs)), limitMs);
      const finish = (error?: Error): void => {
        clearTimeout(timer);
        this.#listeners.delete(look);
        if (error) reject(error);
        else resolve();
      };
      const look = (): void => {
        const left = waiting();
        if (this.#failure) finish(this.#failure);
        else if (left.length === 0) finish();
        else onMessage(left.map(describe).join(', '));
      };
      this.#listeners.add(look);
      look();
    });
  }

  async #follow(snapshots: AsyncIterable<Snapshot>): Promise<void> {
    try {
      for await (const snapshot of snapshots) {
        this.#snapshot = snapshot;
        this.#notify();
      }
      if (!this.#end.signal.aborted) this.#failure = new Error('the supervisor ended');
    } catch (error) {
      this.#failure = error as Error;
    }
    this.#notify();
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Opens it as soon as the supervisor answers. */
export async function openProgress(paths: ClusterPaths): Promise<{ progress: Progress; first: Snapshot }> {
  return untilSupervised(paths, async () => {
    const progress = new Progress(paths);
    return { progress, first: await progress.open() };
  });
}

function describe({ name, state, message }: ProcessSnapshot): string {
  return message ? `${name} ${state}: ${message}` : `${name} ${state}`;
}

/** The last line of its log, which often says why. */
function lastWords(paths: ClusterPaths, name: string): string[] {
  try {
    const log = readFileSync(logFilePath(paths, name), 'utf8');
    const line = log.trimEnd().split('\n').at(-1) ?? '';
    return line === '' ? [] : [`    ${line.slice(0, 500)}`];
  } catch {
    return [];
  }
}

function notReady(processes: readonly ProcessSnapshot[], paths: ClusterPaths, limitMs: number): Error {
  const lines = processes.flatMap((process) => [`  ${describe(process)}`, ...lastWords(paths, process.name)]);
  return new CommandError(`not ready after ${limitMs / 1000} s (logs in ${paths.logsDir}):\n${lines.join('\n')}`);
}

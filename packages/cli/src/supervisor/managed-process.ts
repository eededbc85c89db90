import { setTimeout as delay } from 'node:timers/promises';
import { createBackoff } from '@kubelab/runtime';
import type { Logger } from 'pino';
import { PROCESS_VARIABLE } from '../processes/component-environment.js';
import { type PidFile, readPidFile, removePidFile, writePidFile } from '../processes/pid-file.js';
import { probe } from '../processes/probe.js';
import { isAlive } from '../processes/process-identity.js';
import { type ProcessSpecification, resolveArgs } from '../processes/process-plan.js';
import { adoptProcess, digestCommand, type RunningProcess, startProcess } from '../processes/running-process.js';
import { killProcesses, stopProcesses } from '../processes/stop-processes.js';
import type { ProcessSnapshot, ProcessState } from './snapshot.js';

/** The container whose network namespace a node's processes run in. */
export interface NodeNetwork {
  readonly id: string;
  readonly pid: number;
}

export interface ManagedProcessOptions {
  readonly specification: ProcessSpecification;
  readonly runDir: string;
  readonly logFile: string;
  readonly env: Readonly<Record<string, string>>;
  readonly log: Logger;
  /** Makes the node's container be up. Called before every start of a process that has a node. */
  nodeNetwork(): Promise<NodeNetwork>;
  /** Resolves once those that come before it have begun to answer; rejects with the signal. */
  predecessorsAnswer(signal: AbortSignal): Promise<void>;
  onChange(): void;
}

/**
 * What takes longer to start is asked less often, so that it is late by a
 * sixteenth at most: on a busy machine the questions would take the time that
 * the processes need to answer them.
 */
const PROBE_EVERY_MS = 40;
const PROBE_SLOWLY_EVERY_MS = 500;
const PROBE_SHARE = 1 / 16;
/** One that ran for so long starts at once when it dies. */
const STEADY_AFTER_MS = 10_000;

/** Keeps one process running: takes over one that runs already, starts it, starts it again when it dies. */
export class ManagedProcess {
  readonly #options: ManagedProcessOptions;
  readonly #stop = new AbortController();
  readonly #digest: string;
  readonly #backoff = createBackoff({ initialMs: 250, maxMs: 30_000, jitter: 0 });
  #state: ProcessState = 'waiting';
  #running: RunningProcess | undefined;
  #runningSinceMs = 0;
  #restarts = 0;
  #quickRestarts = 0;
  #message: string | undefined;
  #networkPid: number | undefined;
  #answered = false;
  #ended: Promise<void> = Promise.resolve();

  constructor(options: ManagedProcessOptions) {
    this.#options = options;
    this.#digest = digestCommand(options.specification.command, options.specification.args);
  }

  get digest(): string {
    return this.#digest;
  }

  get node(): string | undefined {
    return this.#options.specification.node;
  }

  /** Whether it has begun to answer, be it that it is not ready. */
  get hasAnswered(): boolean {
    return this.#answered;
  }

  snapshot(): ProcessSnapshot {
    const { name, component, node } = this.#options.specification;
    return {
      name,
      component,
      state: this.#state,
      restarts: this.#restarts,
      ...(node === undefined ? {} : { node }),
      ...(this.#running === undefined ? {} : { pid: this.#running.identity.pid }),
      ...(this.#message === undefined ? {} : { message: this.#message }),
    };
  }

  /** Begins. `leave` ends the care for it and lets the process run on; `stop` ends both. */
  start(leave: AbortSignal): void {
    this.#ended = this.#run(AbortSignal.any([leave, this.#stop.signal])).catch((error: unknown) => {
      this.#options.log.error({ error, process: this.#options.specification.name }, 'gave up on a process');
      this.#change('failing', String(error));
    });
  }

  /** Ends the process (SIGTERM, then SIGKILL; at once with `kill`) and the care for it. */
  async stop(how: 'stop' | 'kill' = 'stop'): Promise<void> {
    const identities = this.#running ? [this.#running.identity] : [];
    this.#stop.abort();
    await (how === 'kill' ? killProcesses(identities) : stopProcesses(identities));
    await this.#ended;
    // It may have been started between the question and the answer.
    if (this.#running) await killProcesses([this.#running.identity]);
    await removePidFile(this.#options.runDir, this.#options.specification.name);
    this.#running = undefined;
    this.#change('stopped');
  }

  /** By `performance.now()`; 0 for one that an earlier supervisor started. */
  get runningSinceMs(): number {
    return this.#runningSinceMs;
  }

  /** The node's container is another one now: a process that is in the old one is killed, and so started again. */
  async moveTo(network: NodeNetwork): Promise<void> {
    if (this.#running && this.#networkPid !== network.pid) await killProcesses([this.#running.identity]);
  }

  /** Resolves once it no longer cares for the process. */
  ended(): Promise<void> {
    return this.#ended;
  }

  async #run(over: AbortSignal): Promise<void> {
    let adopted = await this.#adopt(over);
    if (!adopted) await this.#options.predecessorsAnswer(over).catch(() => undefined);
    while (!over.aborted) {
      const startedMs = performance.now();
      try {
        this.#running = adopted ?? (await this.#startAnew());
        this.#runningSinceMs = adopted ? 0 : performance.now();
        adopted = undefined;
        this.#change('starting');
        await this.#followLife(this.#running, over);
      } catch (error) {
        if (over.aborted) return;
        this.#change('failing', error instanceof Error ? error.message : String(error));
        this.#options.log.warn({ process: this.#options.specification.name, error }, 'a process cannot be started');
      }
      if (over.aborted) return;
      this.#running = undefined;
      await this.#pauseBeforeRestart(performance.now() - startedMs, over);
    }
  }

  /** A process that was started by a supervisor before this one, if it is still what is wanted; else it is ended. */
  async #adopt(over: AbortSignal): Promise<RunningProcess | undefined> {
    const { runDir, specification } = this.#options;
    const file = readPidFile(runDir, specification.name);
    if (!file) return undefined;
    this.#restarts = file.restarts;
    if (!isAlive(file)) return undefined;
    if (file.commandDigest === this.#digest && (await this.#isInItsNode(file))) {
      return adoptProcess({ pid: file.pid, startTicks: file.startTicks }, over);
    }
    await stopProcesses([file]);
    return undefined;
  }

  async #isInItsNode(file: PidFile): Promise<boolean> {
    if (this.node === undefined) return true;
    const { pid } = await this.#options.nodeNetwork();
    this.#networkPid = file.nodeContainerPid;
    return pid === file.nodeContainerPid;
  }

  async #startAnew(): Promise<RunningProcess> {
    const { specification, runDir, logFile, env } = this.#options;
    const network = this.node === undefined ? undefined : await this.#options.nodeNetwork();
    this.#networkPid = network?.pid;
    const running = await startProcess({
      command: specification.command,
      args: network ? resolveArgs(specification.args, network.id) : specification.args,
      env: { ...env, [PROCESS_VARIABLE]: specification.name },
      logFile,
      ...(network ? { networkOf: network.pid } : {}),
    });
    await writePidFile(runDir, {
      ...running.identity,
      name: specification.name,
      commandDigest: this.#digest,
      restarts: this.#restarts,
      ...(network ? { nodeContainerPid: network.pid } : {}),
    });
    return running;
  }

  /** From its start to its end, or until the care for it is over. */
  async #followLife(running: RunningProcess, over: AbortSignal): Promise<void> {
    const life = new AbortController();
    const end = running.ended.finally(() => life.abort());
    const either = AbortSignal.any([over, life.signal]);
    await this.#untilReady(either);
    await aborted(either);
    if (over.aborted) return;
    this.#options.log.warn(
      { process: this.#options.specification.name, pid: running.identity.pid, end: await end },
      'a process ended; it is started again',
    );
    this.#change('failing', `ended with ${await end}`);
  }

  async #untilReady(over: AbortSignal): Promise<void> {
    const startedMs = performance.now();
    while (!over.aborted) {
      const { answered, healthy, message } = await probe(this.#options.specification.readyUrl);
      if (over.aborted) return;
      this.#answered ||= answered;
      if (healthy) return this.#change('ready');
      if (message !== this.#message) this.#change('starting', message);
      await sleep(pauseBetweenProbesMs(performance.now() - startedMs), over);
    }
  }

  /** At once the first time, then 250 ms, doubling to 30 s, until it has run for a while. */
  async #pauseBeforeRestart(ranMs: number, over: AbortSignal): Promise<void> {
    this.#restarts += 1;
    if (ranMs > STEADY_AFTER_MS) {
      this.#backoff.reset();
      this.#quickRestarts = 0;
    }
    this.#quickRestarts += 1;
    if (this.#quickRestarts > 1) await sleep(this.#backoff.next(), over);
  }

  #change(state: ProcessState, message?: string): void {
    this.#state = state;
    this.#message = message;
    this.#options.onChange();
  }
}

function pauseBetweenProbesMs(startingMs: number): number {
  return Math.min(PROBE_SLOWLY_EVERY_MS, Math.max(PROBE_EVERY_MS, startingMs * PROBE_SHARE));
}

async function sleep(timeMs: number, signal: AbortSignal): Promise<void> {
  await delay(timeMs, undefined, { signal }).catch(() => undefined);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

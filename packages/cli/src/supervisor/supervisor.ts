import { mkdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { createBackoff } from '@kubelab/runtime';
import type { Logger } from 'pino';
import { CLUSTER_LABEL, type Cluster, NODE_LABEL, ROLE_LABEL, readCluster } from '../cluster/cluster.js';
import { type ClusterPaths, logFilePath } from '../cluster/cluster-paths.js';
import { ensureNodeContainer } from '../cluster/node-container.js';
import type { Engine } from '../engine/engine.js';
import { type ProcessSpecification, planProcesses } from '../processes/process-plan.js';
import { digestCommand } from '../processes/running-process.js';
import { stopProcesses } from '../processes/stop-processes.js';
import { startControlServer } from './control-server.js';
import { rotateLogs } from './log-rotation.js';
import { ManagedProcess, type NodeNetwork } from './managed-process.js';
import { findOrphans } from './orphans.js';
import type { Snapshot } from './snapshot.js';

export interface SupervisorOptions {
  readonly paths: ClusterPaths;
  readonly binDir: string;
  readonly nodePath: string;
  readonly engine: Engine;
  readonly log: Logger;
  /** Added to the environment of every process. */
  readonly env: Readonly<Record<string, string>>;
}

const ROTATE_EVERY_MS = 10_000;

/**
 * Keeps the processes of one cluster as cluster.json says. When it ends, by
 * whatever cause, they run on; the next one takes them over.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #processes = new Map<string, ManagedProcess>();
  readonly #watchers = new Set<() => void>();
  #cluster: Cluster | undefined;
  #generation = 0;
  #applied: Promise<void> = Promise.resolve();

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Resolves after the signal, with the processes left running. Rejects where there is no cluster. */
  async run(signal: AbortSignal): Promise<void> {
    const { paths, log } = this.#options;
    mkdirSync(paths.logsDir, { recursive: true, mode: 0o700 });
    await this.#endOrphans();
    await this.apply(signal);
    const server = await startControlServer(paths.socket, {
      apply: () => this.apply(signal),
      snapshot: () => this.snapshot(),
      onChange: (listener) => {
        this.#watchers.add(listener);
        return () => this.#watchers.delete(listener);
      },
    });
    log.info({ processes: this.#processes.size }, 'supervising');
    try {
      await Promise.all([this.#watchNodes(signal), rotateLogs(paths.logsDir, ROTATE_EVERY_MS, signal)]);
    } finally {
      await server.close();
      await Promise.all([...this.#processes.values()].map((process) => process.ended()));
    }
  }

  snapshot(): Snapshot {
    return {
      generation: this.#generation,
      processes: [...this.#processes.values()].map((process) => process.snapshot()),
    };
  }

  /** Makes the processes those of cluster.json: ends what is not wanted, starts anew what changed, starts what is missing. */
  apply(signal: AbortSignal): Promise<void> {
    const apply = this.#applied.catch(() => undefined).then(() => this.#applyNow(signal));
    this.#applied = apply;
    return apply;
  }

  async #applyNow(signal: AbortSignal): Promise<void> {
    const { paths, binDir, nodePath } = this.#options;
    const cluster = await readCluster(paths);
    if (!cluster) throw new Error(`${paths.clusterFile} is missing`);
    this.#cluster = cluster;
    const wanted = new Map(planProcesses({ cluster, paths, binDir, nodePath }).map((plan) => [plan.name, plan]));
    await Promise.all([...this.#processes].map(([name, process]) => this.#endUnwanted(name, process, wanted)));
    const added = [...wanted.values()].filter(({ name }) => !this.#processes.has(name));
    for (const specification of added) this.#processes.set(specification.name, this.#manage(specification));
    for (const { name } of added) this.#processes.get(name)?.start(signal);
    // Made while etcd and the apiserver start; who needs them asks again and hears of errors.
    for (const node of cluster.nodes) if (!node.stopped) this.#nodeNetwork(node.name).catch(() => undefined);
    this.#generation += 1;
    this.#notify();
  }

  /** They hold the ports that the processes which are started in their place need. */
  async #endOrphans(): Promise<void> {
    const { paths, log } = this.#options;
    const orphans = findOrphans(paths.stateDir, paths.runDir);
    if (orphans.length === 0) return;
    log.warn({ pids: orphans.map(({ pid }) => pid) }, 'ending processes that an earlier supervisor lost');
    await stopProcesses(orphans);
  }

  async #endUnwanted(
    name: string,
    process: ManagedProcess,
    wanted: ReadonlyMap<string, ProcessSpecification>,
  ): Promise<void> {
    const plan = wanted.get(name);
    if (plan && digestCommand(plan.command, plan.args) === process.digest) return;
    // A node that is switched off loses its agents as in a power cut.
    const off = this.#cluster?.nodes.some((node) => node.name === process.node && node.stopped) ?? false;
    await process.stop(off ? 'kill' : 'stop');
    this.#processes.delete(name);
  }

  #manage(specification: ProcessSpecification): ManagedProcess {
    const { paths, env, log } = this.#options;
    return new ManagedProcess({
      specification,
      runDir: paths.runDir,
      logFile: logFilePath(paths, specification.name),
      env,
      log,
      nodeNetwork: () => this.#nodeNetwork(specification.node ?? ''),
      predecessorsAnswer: (signal) => this.#answer(specification.after, signal),
      onChange: () => this.#notify(),
    });
  }

  /** A node's processes start together: its container is made once for both. */
  readonly #nodeNetworks = new Map<string, Promise<NodeNetwork>>();

  #nodeNetwork(name: string): Promise<NodeNetwork> {
    const pending = this.#nodeNetworks.get(name);
    if (pending !== undefined) return pending;
    const cluster = this.#cluster;
    const node = cluster?.nodes.find((candidate) => candidate.name === name);
    if (!cluster || !node) return Promise.reject(new Error(`there is no node ${name}`));
    const made = ensureNodeContainer(this.#options.engine, cluster, node, this.#options.paths.stateDir).finally(() =>
      this.#nodeNetworks.delete(name),
    );
    this.#nodeNetworks.set(name, made);
    return made;
  }

  async #answer(names: readonly string[], signal: AbortSignal): Promise<void> {
    const allAnswer = (): boolean => names.every((name) => this.#processes.get(name)?.hasAnswered ?? true);
    if (allAnswer()) return;
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (!allAnswer()) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      signal.addEventListener(
        'abort',
        () => {
          this.#watchers.delete(look);
          reject(signal.reason as Error);
        },
        { once: true },
      );
    });
  }

  /** A node whose container ends has lost its network: it gets another one, and its agents move there. */
  async #watchNodes(signal: AbortSignal): Promise<void> {
    const { engine, log } = this.#options;
    const backoff = createBackoff({ initialMs: 250, maxMs: 10_000 });
    while (!signal.aborted) {
      try {
        const labels = [`${CLUSTER_LABEL}=${this.#cluster?.name}`, `${ROLE_LABEL}=node`];
        const events = await engine.events(labels, signal);
        await this.#checkNodes();
        backoff.reset();
        for await (const { action, labels: ofContainer } of events) {
          if (action === 'die') await this.#bringBack(ofContainer[NODE_LABEL] ?? '');
        }
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ error }, 'the engine cannot be watched');
      }
      await delay(backoff.next(), undefined, { signal }).catch(() => undefined);
    }
  }

  /** What the events would have told while nobody listened. */
  async #checkNodes(): Promise<void> {
    await Promise.all((this.#cluster?.nodes ?? []).map(({ name }) => this.#bringBack(name)));
  }

  /** Makes the node's container be up, and its agents be in it. */
  async #bringBack(node: string): Promise<void> {
    if (!this.#cluster?.nodes.some(({ name, stopped }) => name === node && !stopped)) return;
    const network = await this.#nodeNetwork(node);
    const agents = [...this.#processes.values()].filter((process) => process.node === node);
    await Promise.all(agents.map((agent) => agent.moveTo(network)));
  }

  #notify(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}

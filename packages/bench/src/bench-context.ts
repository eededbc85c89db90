import type { BenchContext } from './bench.js';
import { openCluster } from './cluster/bench-cluster.js';
import { runKubelab } from './cluster/kubelab-command.js';

export interface BenchContextOptions {
  readonly quick: boolean;
  readonly signal: AbortSignal;
  say(line: string): void;
}

const DOWN_LIMIT_MS = 120_000;
let clusters = 0;

/** The context of one bench, and how to clean up after it. */
export function createBenchContext(
  bench: string,
  { quick, signal, say }: BenchContextOptions,
): { context: BenchContext; close(): Promise<void> } {
  const cleanUps: (() => Promise<void>)[] = [];
  const reserveCluster = (): string => {
    clusters += 1;
    const name = `bench-${bench}-${process.pid}-${clusters}`;
    cleanUps.push(async () => {
      // Not to be stopped by what stopped the bench.
      await runKubelab(['down', '--name', name], { signal: AbortSignal.timeout(DOWN_LIMIT_MS), detached: true });
    });
    return name;
  };
  const context: BenchContext = {
    signal,
    quick,
    say,
    reserveCluster,
    kubelab: (args, onLine) => runKubelab(args, { signal, ...(onLine ? { onLine } : {}) }),
    defer: (cleanUp) => cleanUps.push(cleanUp),
    async startCluster(options) {
      const name = reserveCluster();
      const { nodes = 1, proxyMode = 'nftables', extraConfig = [] } = options;
      say(`bringing up ${name} with ${nodes} node${nodes === 1 ? '' : 's'}`);
      const flags = ['--nodes', String(nodes), '--proxy-mode', proxyMode];
      for (const flag of extraConfig) flags.push('--extra-config', flag);
      await runKubelab(['up', '--name', name, ...flags], { signal });
      const cluster = await openCluster(name, signal);
      cleanUps.push(async () => cluster.client.close());
      return cluster;
    },
  };
  const close = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const cleanUp of cleanUps.reverse()) await cleanUp().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, `left behind: ${failures.map(String).join('; ')}`);
  };
  return { context, close };
}

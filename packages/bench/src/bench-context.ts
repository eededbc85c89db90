import type { BenchContext } from './bench.js';
import { createCleanUps } from './clean-ups.js';
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
  const cleanUps = createCleanUps();
  const reserveCluster = (): string => {
    clusters += 1;
    const name = `bench-${bench}-${process.pid}-${clusters}`;
    cleanUps.add(async () => {
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
    defer: cleanUps.add,
    async startCluster(options) {
      const name = reserveCluster();
      const { nodes = 1, proxyMode = 'nftables', extraConfig = [] } = options;
      say(`bringing up ${name} with ${nodes} node${nodes === 1 ? '' : 's'}`);
      const flags = ['--nodes', String(nodes), '--proxy-mode', proxyMode];
      for (const flag of extraConfig) flags.push('--extra-config', flag);
      await runKubelab(['up', '--name', name, ...flags], { signal });
      const cluster = await openCluster(name, signal);
      cleanUps.add(async () => cluster.client.close());
      return cluster;
    },
  };
  return { context, close: cleanUps.run };
}

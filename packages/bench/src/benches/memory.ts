import { setTimeout as delay } from 'node:timers/promises';
import type { Bench, Figure } from '../bench.js';
import type { ClusterProcess } from '../cluster/bench-cluster.js';
import { startCpuTimes } from '../measure/cpu-time.js';
import { type ProcessMemory, readMemory } from '../measure/memory.js';

const IDLE_MS = 60_000;
const TARGET_MB = 400;
/** etcd, the masters and the agents of a node: what a real cluster has, too. The supervisor is ours alone. */
const COUNTED = ['etcd', 'apiserver', 'scheduler', 'controller-manager', 'kubelet', 'proxy'];

interface Row {
  readonly process: ClusterProcess;
  readonly memory: ProcessMemory;
}

export const memory: Bench = {
  name: 'memory',
  title: 'resident memory of every process of a cluster with one node after a minute of idleness',
  async *run(context) {
    const cluster = await context.startCluster({ nodes: 1 });
    const processes = await cluster.processes();
    const idleMs = context.quick ? 5_000 : IDLE_MS;
    const cpuTimes = startCpuTimes(Object.fromEntries(processes.map(({ component, pid }) => [component, pid])));
    context.say(`waiting ${idleMs / 1000} s`);
    await delay(idleMs, undefined, { signal: context.signal });
    const cpuMs = cpuTimes();
    const rows = await Promise.all(
      processes.map(async (each) => ({ process: each, memory: await readMemory(each.pid) })),
    );
    for (const row of rows) yield figureOf(row, cpuMs[row.process.component] ?? 0, idleMs);
    yield totalOf(rows);
  },
};

function figureOf({ process: each, memory: held }: Row, cpuMs: number, idleMs: number): Figure {
  return {
    name: `memory/${each.component}`,
    value: held.residentBytes / 1e6,
    unit: 'MB',
    beside: {
      proportionalMb: held.proportionalBytes / 1e6,
      privateMb: held.privateBytes / 1e6,
      idleCpuPercent: (cpuMs / idleMs) * 100,
    },
  };
}

function totalOf(rows: readonly Row[]): Figure {
  const counted = rows.filter(({ process: each }) => COUNTED.includes(each.component));
  return {
    name: 'memory',
    value: sumMb(counted, 'residentBytes'),
    unit: 'MB',
    target: { value: TARGET_MB, better: 'lower' },
    beside: {
      proportionalMb: sumMb(counted, 'proportionalBytes'),
      privateMb: sumMb(counted, 'privateBytes'),
      withSupervisorMb: sumMb(rows, 'residentBytes'),
      withSupervisorProportionalMb: sumMb(rows, 'proportionalBytes'),
      processes: counted.length,
    },
  };
}

function sumMb(rows: readonly Row[], field: keyof ProcessMemory): number {
  return rows.reduce((sum, { memory: held }) => sum + held[field], 0) / 1e6;
}

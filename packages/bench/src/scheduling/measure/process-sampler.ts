import { readFileSync } from 'node:fs';
import type { ClusterProcess } from '../../cluster/bench-cluster.js';
import { cpuTimeMs } from '../../measure/cpu-time.js';
import type { ProcessUse } from './measurement.js';

const EVERY_MS = 500;
const PAGE_BYTES = 4096;

interface Sampled {
  readonly name: string;
  readonly pid: number;
  readonly startCpuMs: number;
  lastCpuMs: number;
  lastMs: number;
  peakMemoryBytes: number;
  ended: boolean;
  readonly samples: { atSeconds: number; cores: number; memoryBytes: number }[];
}

/** Looks twice a second at what the processes use, the bench itself among them, until it is called. */
export function startProcessSampler(processes: readonly ClusterProcess[]): () => ProcessUse[] {
  const startMs = performance.now();
  const named = processes.map(({ component, node, pid }) => ({ name: node ? `${component}/${node}` : component, pid }));
  const sampled = [...named, { name: 'bench', pid: process.pid }].flatMap(({ name, pid }): Sampled[] => {
    const cpuMs = look(() => cpuTimeMs(pid));
    if (cpuMs === undefined) return [];
    return [
      {
        name,
        pid,
        startCpuMs: cpuMs,
        lastCpuMs: cpuMs,
        lastMs: startMs,
        peakMemoryBytes: 0,
        ended: false,
        samples: [],
      },
    ];
  });
  const sample = (): void => {
    for (const each of sampled) takeSample(each, startMs);
  };
  const timer = setInterval(sample, EVERY_MS);
  return () => {
    clearInterval(timer);
    sample();
    const seconds = (performance.now() - startMs) / 1000;
    return sampled.map(({ name, startCpuMs, lastCpuMs, peakMemoryBytes, ended, samples }) => {
      const cpuSeconds = (lastCpuMs - startCpuMs) / 1000;
      return { name, cpuSeconds, cores: cpuSeconds / seconds, peakMemoryBytes, ended, samples };
    });
  };
}

function takeSample(each: Sampled, startMs: number): void {
  if (each.ended) return;
  const nowMs = performance.now();
  const cpuMs = look(() => cpuTimeMs(each.pid));
  const memoryBytes = look(() => residentBytes(each.pid));
  if (cpuMs === undefined || memoryBytes === undefined) {
    each.ended = true;
    return;
  }
  if (nowMs === each.lastMs) return;
  const cores = (cpuMs - each.lastCpuMs) / (nowMs - each.lastMs);
  each.samples.push({ atSeconds: (nowMs - startMs) / 1000, cores, memoryBytes });
  each.lastCpuMs = cpuMs;
  each.lastMs = nowMs;
  each.peakMemoryBytes = Math.max(each.peakMemoryBytes, memoryBytes);
}

function residentBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
}

/** A process may end meanwhile. */
function look(read: () => number): number | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

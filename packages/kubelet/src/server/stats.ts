import { readFile } from 'node:fs/promises';
import { cpus, uptime } from 'node:os';
import type { Pod } from '@kubelab/api';
import type { Informer } from '@kubelab/client';
import type { Clock } from '@kubelab/runtime';
import type { ContainerCache } from '../container-cache.js';
import type { ContainerRuntime, ContainerStats, RuntimeContainer } from '../container-runtime/runtime.js';
import type { Machine } from '../node/machine.js';
import { formatTime } from '../status/time.js';

export interface StatsOptions {
  readonly nodeName: string;
  readonly runtime: ContainerRuntime;
  readonly cache: ContainerCache;
  readonly pods: Informer<Pod>;
  readonly machine: Machine;
  readonly clock: Clock;
}

interface Sample {
  readonly atMs: number;
  readonly cpuTotalNanoseconds: number;
}

interface ContainerSummary {
  readonly name: string;
  readonly startTime: string;
  readonly cpu: CpuSummary;
  readonly memory: object;
}

interface CpuSummary {
  readonly time: string;
  readonly usageNanoCores: number;
  readonly usageCoreNanoSeconds: number;
}

const NANOSECONDS_PER_MILLISECOND = 1_000_000;
/** How many containers are asked about at a time. */
const CONCURRENCY = 8;

/** Kubernetes' stats/summary of the node and its pods. Rates are since the last call, the first time since the start. */
export function createStatsSummary(options: StatsOptions): () => Promise<object> {
  const { nodeName, runtime, cache, pods, machine, clock } = options;
  let samples = new Map<string, Sample>();

  return async () => {
    const running = [...pods.list()].flatMap(({ metadata }) =>
      cache.of(metadata.uid).filter(({ role, state }) => role === 'container' && state === 'running'),
    );
    const next = new Map<string, Sample>();
    const summaries = new Map<string, ContainerSummary[]>();
    for (let from = 0; from < running.length; from += CONCURRENCY) {
      const some = running.slice(from, from + CONCURRENCY);
      await Promise.all(
        some.map(async (container) => {
          const stats = await runtime.stats(container).catch(() => undefined);
          if (!stats) return;
          next.set(container.id, stats);
          const ofPod = summaries.get(container.pod.uid) ?? [];
          summaries.set(container.pod.uid, [...ofPod, summarize(container, stats, samples.get(container.id))]);
        }),
      );
    }
    const node = await nodeSummary(nodeName, machine, clock.now(), samples.get(''), next);
    samples = next;
    const podSummaries = [...pods.list()].flatMap(({ metadata, status }) => {
      const containers = summaries.get(metadata.uid);
      if (!containers) return [];
      const podRef = { name: metadata.name, namespace: metadata.namespace, uid: metadata.uid };
      return [{ podRef, startTime: status?.startTime, containers, cpu: sumCpu(containers) }];
    });
    return { node, pods: podSummaries };
  };
}

function summarize(container: RuntimeContainer, stats: ContainerStats, before: Sample | undefined): ContainerSummary {
  const time = formatTime(stats.atMs);
  const since = before ?? { atMs: container.startedAtMs, cpuTotalNanoseconds: 0 };
  return {
    name: container.name,
    startTime: formatTime(container.startedAtMs),
    cpu: { time, usageNanoCores: rate(since, stats), usageCoreNanoSeconds: stats.cpuTotalNanoseconds },
    memory: {
      time,
      usageBytes: stats.memoryUsageBytes,
      workingSetBytes: stats.memoryWorkingSetBytes,
      rssBytes: stats.memoryRssBytes,
    },
  };
}

function rate(before: Sample, now: Sample): number {
  const elapsedMs = now.atMs - before.atMs;
  return elapsedMs <= 0
    ? 0
    : Math.max(0, Math.round(((now.cpuTotalNanoseconds - before.cpuTotalNanoseconds) / elapsedMs) * 1000));
}

function sumCpu(containers: readonly ContainerSummary[]): CpuSummary {
  return {
    time: containers[0]?.cpu.time ?? '',
    usageNanoCores: containers.reduce((sum, { cpu }) => sum + cpu.usageNanoCores, 0),
    usageCoreNanoSeconds: containers.reduce((sum, { cpu }) => sum + cpu.usageCoreNanoSeconds, 0),
  };
}

async function nodeSummary(
  nodeName: string,
  machine: Machine,
  nowMs: number,
  before: Sample | undefined,
  next: Map<string, Sample>,
): Promise<object> {
  const busyMs = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
  const sample = { atMs: nowMs, cpuTotalNanoseconds: busyMs * NANOSECONDS_PER_MILLISECOND };
  const bootMs = nowMs - uptime() * 1000;
  next.set('', sample);
  const memory = await readFile('/proc/meminfo', 'utf8');
  const availableBytes = Number(/^MemAvailable:\s+(\d+)/m.exec(memory)?.[1] ?? 0) * 1024;
  const time = formatTime(nowMs);
  return {
    nodeName,
    startTime: formatTime(bootMs),
    cpu: {
      time,
      usageNanoCores: rate(before ?? { atMs: bootMs, cpuTotalNanoseconds: 0 }, sample),
      usageCoreNanoSeconds: sample.cpuTotalNanoseconds,
    },
    memory: { time, availableBytes, workingSetBytes: machine.memoryBytes - availableBytes },
  };
}

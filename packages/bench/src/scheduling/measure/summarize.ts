import { quantile } from '../../measure/statistics.js';
import type { ObservedPod } from '../observe/observed-pod.js';
import type { TargetNode } from '../target/scheduling-target.js';
import type { Balance, Distribution, Measurement, Spread, Stage, Throughput } from './measurement.js';

export function distribution(values: readonly number[]): Distribution {
  const sum = values.reduce((total, value) => total + value, 0);
  return {
    count: values.length,
    average: values.length > 0 ? sum / values.length : Number.NaN,
    perc50: quantile(values, 0.5),
    perc90: quantile(values, 0.9),
    perc95: quantile(values, 0.95),
    perc99: quantile(values, 0.99),
    max: values.length > 0 ? values.reduce((most, value) => Math.max(most, value)) : Number.NaN,
  };
}

/**
 * Rates of each second between `startMs` and the last of the events; the
 * average is of the whole time. A last part of a second that is shorter than a
 * fifth counts with the one before: a rate of so little says nothing.
 */
export function throughputOf(eventsMs: readonly number[], startMs: number): Throughput {
  const endMs = eventsMs.reduce((latest, event) => Math.max(latest, event), startMs);
  const seconds = (endMs - startMs) / 1000;
  const windows = Math.max(1, Math.floor(seconds) + (seconds % 1 >= 0.2 ? 1 : 0));
  const counts = new Array<number>(windows).fill(0);
  for (const event of eventsMs) {
    const window = Math.min(windows - 1, Math.floor((event - startMs) / 1000));
    counts[window] = (counts[window] ?? 0) + 1;
  }
  const samples = counts.map((pods, index) => ({
    atSeconds: index,
    seconds: index === windows - 1 ? seconds - index : 1,
    pods,
  }));
  const rates = samples.filter((sample) => sample.seconds > 0).map((sample) => sample.pods / sample.seconds);
  const { count, ...spread } = distribution(rates);
  return { ...spread, average: count > 0 ? eventsMs.length / seconds : Number.NaN, samples };
}

export function spreadOf(values: readonly number[]): Spread {
  const { average: mean, max } = distribution(values);
  const variance = distribution(values.map((value) => (value - mean) ** 2)).average;
  const min = values.reduce((least, value) => Math.min(least, value), values[0] ?? Number.NaN);
  return { min, mean, max, standardDeviation: Math.sqrt(variance) };
}

/** How the pods that were bound at that time, and not gone yet, lay on the nodes. */
export function balanceOf(nodes: readonly TargetNode[], pods: Iterable<ObservedPod>, atMs: number): Balance {
  const filled = new Map(nodes.map((node) => [node.name, { node, pods: 0, cpuMilli: 0, memoryBytes: 0 }]));
  let podsElsewhere = 0;
  for (const pod of pods) {
    if (pod.node === undefined || (pod.boundMs ?? 0) > atMs || (pod.goneMs ?? Number.POSITIVE_INFINITY) <= atMs)
      continue;
    const entry = filled.get(pod.node);
    if (!entry) {
      podsElsewhere += 1;
      continue;
    }
    entry.pods += 1;
    entry.cpuMilli += pod.requests.cpuMilli;
    entry.memoryBytes += pod.requests.memoryBytes;
  }
  const all = [...filled.values()];
  return {
    nodes: nodes.length,
    podsElsewhere,
    pods: spreadOf(all.map((entry) => entry.pods)),
    cpuShare: spreadOf(all.map(({ cpuMilli, node }) => cpuMilli / node.cpuMilli)),
    memoryShare: spreadOf(all.map(({ memoryBytes, node }) => memoryBytes / node.memoryBytes)),
    overcommitted: all.filter(
      ({ node, ...used }) =>
        used.pods > node.pods || used.cpuMilli > node.cpuMilli || used.memoryBytes > node.memoryBytes,
    ).length,
    podsByNode: all.map((entry) => entry.pods),
  };
}

const STAGES: readonly (readonly [Stage, keyof ObservedPod, keyof ObservedPod])[] = [
  ['created → accepted', 'sentMs', 'acceptedMs'],
  ['accepted → seen', 'acceptedMs', 'seenMs'],
  ['created → queued', 'sentMs', 'queuedMs'],
  ['queued → decided', 'queuedMs', 'decidedMs'],
  ['decided → bound', 'decidedMs', 'boundMs'],
  ['accepted → bound', 'acceptedMs', 'boundMs'],
  ['created → bound', 'sentMs', 'boundMs'],
  ['bound → running', 'boundMs', 'runningMs'],
  ['created → running', 'sentMs', 'runningMs'],
];

/** By stage; one that no pod went through is left away. The watch may be faster than the answer: that counts as 0. */
export function latenciesOf(pods: readonly ObservedPod[]): Measurement['latenciesMs'] {
  const stages = STAGES.map(([stage, from, to]) => [stage, distribution(between(pods, from, to))] as const);
  return Object.fromEntries(stages.filter(([, { count }]) => count > 0));
}

export function between(pods: readonly ObservedPod[], from: keyof ObservedPod, to: keyof ObservedPod): number[] {
  return pods.flatMap((pod) => {
    const [start, end] = [pod[from], pod[to]];
    return typeof start === 'number' && typeof end === 'number' ? [Math.max(0, end - start)] : [];
  });
}

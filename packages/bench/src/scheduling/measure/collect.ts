import type { ObservedPod } from '../observe/observed-pod.js';
import type { RunContext } from '../operations/run-context.js';
import type { Measurement } from './measurement.js';
import { startProcessSampler } from './process-sampler.js';
import { countsBetween, readSeries } from './scheduler-counts.js';
import { balanceOf, between, latenciesOf, throughputOf } from './summarize.js';

/** Measures what becomes of the pods that `pods` gives in the end, from now until the function is called. */
export async function startCollecting(
  context: RunContext,
  name: string,
  pods: () => readonly ObservedPod[],
): Promise<() => Promise<Measurement>> {
  const { processes, schedulerMetricsUrl } = context.target;
  const before = schedulerMetricsUrl === undefined ? undefined : await readSeries(schedulerMetricsUrl);
  const stopSampler = startProcessSampler(processes);
  const startMs = performance.now();
  return async () => {
    const used = stopSampler();
    const after = before && schedulerMetricsUrl ? await readSeries(schedulerMetricsUrl) : undefined;
    const all = pods();
    const measured = all.filter(({ boundMs }) => boundMs === undefined || boundMs >= startMs);
    const boundMs = measured.flatMap((pod) => pod.boundMs ?? []);
    return {
      name,
      seconds: (boundMs.reduce((latest, ms) => Math.max(latest, ms), startMs) - startMs) / 1000,
      pods: measured.length,
      bound: boundMs.length,
      rebound: all.filter(({ rebound }) => rebound > 0).length,
      failedFirst: measured.filter(({ attemptFailed }) => attemptFailed).length,
      throughput: throughputOf(boundMs, startMs),
      latenciesMs: latenciesOf(measured),
      boundLatenciesMs: between(measured, 'sentMs', 'boundMs').sort((a, b) => a - b),
      balance: balanceOf(context.nodes, context.observer.pods()),
      ...(before && after ? { scheduler: countsBetween(before, after) } : {}),
      processes: used,
    };
  };
}

import { setTimeout as delay } from 'node:timers/promises';
import type { ObservedPod } from '../observe/observed-pod.js';
import type { RunContext } from '../operations/run-context.js';
import type { Measurement, SchedulerCounts } from './measurement.js';
import { startProcessSampler } from './process-sampler.js';
import { countsBetween, readSeries, type Series } from './scheduler-counts.js';
import { followSchedulerStages } from './scheduler-stages.js';
import { balanceOf, between, latenciesOf, throughputOf } from './summarize.js';
import { timelineOf } from './timeline.js';

/** Measures what becomes of the pods that `pods` gives in the end, from now until the function is called. */
export async function startCollecting(
  context: RunContext,
  name: string,
  pods: () => readonly ObservedPod[],
): Promise<() => Promise<Measurement>> {
  const { processes, schedulerMetricsUrl } = context.target;
  const before = schedulerMetricsUrl === undefined ? undefined : await readSeries(schedulerMetricsUrl);
  const stages = await followSchedulerStages(schedulerMetricsUrl);
  const stopSampler = startProcessSampler(processes);
  const startMs = performance.now();
  return async () => {
    const used = stopSampler();
    const all = pods();
    const measured = all.filter(({ boundMs }) => boundMs === undefined || boundMs >= startMs);
    const boundMs = measured.flatMap((pod) => pod.boundMs ?? []);
    const lastMs = boundMs.reduce((latest, ms) => Math.max(latest, ms), startMs);
    const scheduler =
      before && schedulerMetricsUrl ? await countsOf(schedulerMetricsUrl, before, boundMs.length) : undefined;
    const notes = await stages.finish(measured);
    return {
      name,
      seconds: (lastMs - startMs) / 1000,
      pods: measured.length,
      bound: boundMs.length,
      rebound: all.filter(({ rebound }) => rebound > 0).length,
      failedFirst: measured.filter(({ attemptFailed }) => attemptFailed).length,
      throughput: throughputOf(boundMs, startMs),
      latenciesMs: latenciesOf(measured),
      boundLatenciesMs: between(measured, 'sentMs', 'boundMs').sort((a, b) => a - b),
      balance: balanceOf(context.nodes, context.observer.pods(), lastMs),
      timeline: timelineOf(measured, context.observer.pods(), context.nodes, { startMs, endMs: lastMs }),
      notes,
      ...(scheduler ? { scheduler } : {}),
      processes: used,
    };
  };
}

const COUNTED_LIMIT_MS = 2_000;
const LOOK_AGAIN_MS = 50;

/** The scheduler counts a pod when its binding is answered, which may be after the watch has told of it. */
async function countsOf(url: string, before: Series, bound: number): Promise<SchedulerCounts | undefined> {
  const deadlineMs = performance.now() + COUNTED_LIMIT_MS;
  for (;;) {
    const after = await readSeries(url);
    const counts = after && countsBetween(before, after);
    if (!counts || (counts.attempts.scheduled ?? 0) >= bound || performance.now() > deadlineMs) return counts;
    await delay(LOOK_AGAIN_MS);
  }
}

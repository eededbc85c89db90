import type { Measurement } from './measure/measurement.js';
import { PodObserver } from './observe/pod-observer.js';
import { Namespaces } from './operations/namespaces.js';
import type { RunContext } from './operations/run-context.js';
import { runOperation } from './operations/run-operation.js';
import type { SchedulingTarget } from './target/scheduling-target.js';
import type { Workload } from './workload/workload.js';

export interface RunWorkloadOptions {
  readonly signal: AbortSignal;
  readonly inFlight: number;
  readonly stallLimitMs: number;
  /** Remove what was made, rather than leave it to the end of the whole cluster. */
  readonly cleanUp: boolean;
  /** A line of progress a second. */
  say(line: string): void;
}

const PROGRESS_MS = 1000;

/** Carries out a workload on the cluster and resolves with what was measured. */
export function runWorkload(
  workload: Workload,
  target: SchedulingTarget,
  options: RunWorkloadOptions,
): Promise<readonly Measurement[]> {
  return withRun(workload.name, target, options, async (context) => {
    for (const [index, operation] of workload.operations.entries()) {
      context.signal.throwIfAborted();
      await runOperation(operation, index, context);
    }
    if (context.stopCollecting) context.measurements.push(await context.stopCollecting());
  });
}

/** Watches the pods while `run` goes on, and resolves with what it measured. */
export async function withRun(
  workload: string,
  target: SchedulingTarget,
  options: RunWorkloadOptions,
  run: (context: RunContext) => Promise<void>,
): Promise<readonly Measurement[]> {
  const { signal, say, inFlight, stallLimitMs, cleanUp } = options;
  const observer = new PodObserver(target.client);
  const namespaces = new Namespaces(target.client, signal);
  if (cleanUp) target.defer(() => namespaces.remove());
  const churnStop = new AbortController();
  let numbers = 0;
  const context: RunContext = {
    target,
    observer,
    namespaces,
    signal,
    inFlight,
    stallLimitMs,
    nodes: [],
    measurements: [],
    workload,
    churns: [],
    churnStop: churnStop.signal,
    progress: () => '',
    nextNumber: () => numbers++,
  };
  await observer.start();
  const stopProgress = startProgress(context, say);
  try {
    await run(context);
    return context.measurements;
  } finally {
    stopProgress();
    churnStop.abort();
    await Promise.all(context.churns);
    await observer.close();
  }
}

/** Says every second what is going on, and how many pods were scheduled in that second. */
function startProgress(context: RunContext, say: (line: string) => void): () => void {
  const startedMs = performance.now();
  let before = 0;
  let said = '';
  const timer = setInterval(() => {
    let scheduled = 0;
    for (const pod of context.observer.pods()) if (pod.boundMs !== undefined) scheduled += 1;
    const text = context.progress();
    const rate = scheduled - before;
    before = scheduled;
    if (text === said && rate === 0) return;
    said = text;
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
    say(`${seconds.padStart(5)} s  ${text}${rate > 0 ? `, ${rate} pods/s` : ''}`);
  }, PROGRESS_MS);
  return () => clearInterval(timer);
}

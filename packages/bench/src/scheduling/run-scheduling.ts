import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { BenchContext } from '../bench.js';
import { createBenchContext } from '../bench-context.js';
import { createCleanUps } from '../clean-ups.js';
import { describeMachine } from '../measure/machine.js';
import { stopOnSignals } from '../stop-on-signals.js';
import type { Measurement } from './measure/measurement.js';
import { reportJson } from './report/data-items.js';
import { reportPage } from './report/report-page.js';
import { reportText } from './report/report-text.js';
import type { SchedulingReport } from './report/scheduling-report.js';
import { type RunWorkloadOptions, runWorkload } from './run-workload.js';
import { readSchedulingOptions, SCHEDULING_USAGE, type SchedulingOptions, UsageError } from './scheduling-options.js';
import { openExistingCluster } from './target/existing-cluster.js';
import { startOwnCluster } from './target/own-cluster.js';
import type { SchedulingTarget } from './target/scheduling-target.js';
import { findWorkload } from './workload/shipped-workloads.js';
import type { Workload } from './workload/workload.js';
import { WorkloadError } from './workload/yaml-field.js';

/** `kubelab bench scheduling …`. Resolves with the exit code: 1 where it failed, 130 after Ctrl-C. */
export function runScheduling(args: readonly string[]): Promise<number> {
  return runStoppable(SCHEDULING_USAGE, async (signal) => {
    const options = readSchedulingOptions(args);
    if (!options) return say(SCHEDULING_USAGE, process.stdout);
    const workload = findWorkload(options.workload, options.params);
    const report = await withContext('scheduling', signal, (context) => measureOnce(workload, options, context));
    await tellReport(report, options);
  });
}

/** To the terminal, and to the files that are named. */
export async function tellReport(
  report: SchedulingReport,
  { json, html }: Pick<SchedulingOptions, 'json' | 'html'>,
): Promise<void> {
  process.stdout.write(reportText(report));
  if (json !== undefined) await writeFile(json, reportJson(report));
  if (html !== undefined) await writeFile(html, reportPage(report));
}

/** One run of the workload in the cluster that the options say. */
export function measureOnce(
  workload: Workload,
  options: SchedulingOptions,
  context: BenchContext,
): Promise<SchedulingReport> {
  return measureOn(workload.name, options, context, (target, run) => runWorkload(workload, target, run));
}

type Run = (target: SchedulingTarget, options: RunWorkloadOptions) => Promise<readonly Measurement[]>;

/** The report of a run in the cluster that the options say. */
export async function measureOn(
  workload: string,
  options: Omit<SchedulingOptions, 'workload' | 'params'>,
  context: BenchContext,
  run: Run,
): Promise<SchedulingReport> {
  const { kubeconfig, hollow, seed, inFlight, stallLimitMs, warmUp } = options;
  const { signal, say } = context;
  const machine = await describeMachine();
  const target: SchedulingTarget =
    kubeconfig === undefined
      ? await startOwnCluster(context, options)
      : await openExistingCluster(context, { ...options, kubeconfig });
  const cleanUp = kubeconfig !== undefined;
  const runOptions = { signal, inFlight, stallLimitMs, cleanUp, say };
  for (let round = 1; round <= warmUp; round++) {
    say(`${workload}, to warm up: ${round} of ${warmUp}`);
    await runAndRemove(target, runOptions, run);
  }
  say(workload);
  const measurements = await run(target, runOptions);
  const over = options.protocol === 'grpc' ? ', pods over gRPC' : '';
  const own = hollow ? 'a cluster of its own with hollow nodes' : 'a cluster of its own';
  const warm = warmUp > 0 ? `, warmed up by ${warmUp} ${warmUp === 1 ? 'run' : 'runs'}` : '';
  const cluster = `${kubeconfig === undefined ? own : basename(kubeconfig)}${over}${warm}`;
  return { workload, cluster, seed, machine, measurements };
}

/** A run that leaves nothing behind but processes that have done it once. */
async function runAndRemove(target: SchedulingTarget, options: RunWorkloadOptions, run: Run): Promise<void> {
  const cleanUps = createCleanUps();
  try {
    await run({ ...target, defer: cleanUps.add }, { ...options, cleanUp: true });
  } finally {
    await cleanUps.run();
  }
  await target.removeNodes();
}

/** What `run` has brought up is gone when it ends, however it does. */
export async function withContext<T>(
  name: string,
  signal: AbortSignal,
  run: (context: BenchContext) => Promise<T>,
): Promise<T> {
  const { context, close } = createBenchContext(name, { quick: false, signal, say });
  try {
    return await run(context);
  } finally {
    await close();
  }
}

/** A command that Ctrl-C stops. What was wrong is said; a mistake in the arguments with the usage. */
export async function runStoppable(usage: string, run: (signal: AbortSignal) => Promise<void>): Promise<number> {
  const { signal, ignore } = stopOnSignals(say);
  try {
    await run(signal);
    return 0;
  } catch (error) {
    if (signal.aborted) return 130;
    if (error instanceof UsageError) say(`kubelab bench: ${error.message}\n\n${usage}`);
    else if (error instanceof WorkloadError) say(`kubelab bench: ${error.message}`);
    else say(`kubelab bench: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    ignore();
  }
}

function say(text: string, stream: NodeJS.WriteStream = process.stderr): void {
  stream.write(text.endsWith('\n') ? text : `${text}\n`);
}

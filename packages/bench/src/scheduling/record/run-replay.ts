import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RestError } from '../../cluster/rest-client.js';
import { runInFlight } from '../../measure/in-flight.js';
import { startCollecting } from '../measure/collect.js';
import { createPodGroup, type ObservedPod, type PodGroup } from '../observe/observed-pod.js';
import { createPersistently } from '../operations/create-persistently.js';
import type { RunContext } from '../operations/run-context.js';
import { untilNoneLeft } from '../operations/until-scheduled.js';
import { measureOn, runStoppable, tellReport, withContext } from '../run-scheduling.js';
import { withRun } from '../run-workload.js';
import { parse, SCHEDULING_FLAGS, SHARED_USAGE, sharedOptions, UsageError } from '../scheduling-options.js';
import { makeSurroundings } from './make-surroundings.js';
import { readRecording } from './read-recording.js';
import type { Replay, ReplayedPod } from './replay.js';

const USAGE = `Usage: kubelab replay FILE [flags]

Makes the nodes and pods of a recording again, at their times, in a new cluster, and measures what becomes of the pods.
Those that were there when it began are scheduled first.

  --speed FACTOR           so many times as fast (default: 1)
  --kubeconfig FILE        in that cluster rather than in a new one
  --scheduler-config FILE  a KubeSchedulerConfiguration for the new cluster's scheduler
${SHARED_USAGE.replace(/ {2}--param.*\n/, '').replace(/ {2}--hollow.*\n/, '')}  --html FILE              write a page with charts
`;

const { param: _param, hollow: _hollow, ...INHERITED } = SCHEDULING_FLAGS;
const FLAGS = { ...INHERITED, speed: { type: 'string', default: '1' } } as const;
const CREATE_LIMIT_MS = 60_000;

/** `kubelab replay …`. Resolves with the exit code. */
export function runReplay(args: readonly string[]): Promise<number> {
  return runStoppable(USAGE, async (signal) => {
    const { values, positionals } = parse(args, FLAGS);
    if (values.help) {
      process.stdout.write(USAGE);
      return;
    }
    const [file] = positionals;
    if (file === undefined || positionals.length > 1) throw new UsageError('name one file');
    const speed = Number(values.speed);
    if (!(speed > 0)) throw new UsageError(`--speed: "${values.speed}" is not a number above 0`);
    const { json, html, kubeconfig } = values;
    const options = {
      ...sharedOptions({ ...values, param: [], hollow: false }),
      ...(kubeconfig ? { kubeconfig } : {}),
      ...(values['scheduler-config'] ? { schedulerConfig: values['scheduler-config'] } : {}),
      ...(values['scheduler-metrics-url'] ? { schedulerMetricsUrl: values['scheduler-metrics-url'] } : {}),
    };
    const recording = readRecording(file);
    const report = await withContext('replay', signal, (context) =>
      measureOn(basename(file), options, context, (target, run) =>
        withRun(basename(file), target, run, (each) => play(recording, speed, each)),
      ),
    );
    await tellReport(report, { ...(json ? { json } : {}), ...(html ? { html } : {}) });
  });
}

async function play(
  { priorityClasses, nodes, pods, ...surroundings }: Replay,
  speed: number,
  context: RunContext,
): Promise<void> {
  const { target, signal, namespaces } = context;
  for (const each of priorityClasses)
    await target.client.create('/apis/scheduling.k8s.io/v1/priorityclasses', each).catch(unless(409));
  context.progress = () => `creating ${nodes.length} nodes`;
  context.nodes.push(...(await target.addNodes({ opcode: 'createNodes', count: nodes.length, templates: nodes })));
  const homes = [...pods, ...surroundings.claims].map(({ namespace }) => namespace);
  for (const namespace of new Set(homes)) await namespaces.ensure(namespace);
  context.progress = () => 'making claims, ConfigMaps and Secrets';
  await makeSurroundings(surroundings, context);
  const [before, after] = [pods.filter((pod) => pod.createdAtMs === 0), pods.filter((pod) => pod.createdAtMs > 0)];
  const [initial, measured] = [createPodGroup(), createPodGroup()];
  const made = new Map<ReplayedPod, ObservedPod>();
  await runInFlight(before.length, context.inFlight, async (index) => create(before[index], initial, made, context));
  await untilTried(context, initial);
  const stop = await startCollecting(context, `${context.workload}/replay`, () => measured.pods);
  context.progress = () => `${measured.scheduled} of ${after.length} pods scheduled`;
  const startedMs = performance.now();
  const tasks = timetable(pods);
  await runInFlight(tasks.length, context.inFlight, async (index) => {
    const task = tasks[index];
    if (!task) return;
    const waitMs = startedMs + task.atMs / speed - performance.now();
    if (waitMs > 0) await delay(waitMs, undefined, { signal });
    if (task.what === 'create') await create(task.pod, measured, made, context);
    else await remove(task.pod, made, context);
  });
  await untilTried(context, measured);
  context.measurements.push(await stop());
}

interface Task {
  readonly atMs: number;
  readonly what: 'create' | 'delete';
  readonly pod: ReplayedPod;
}

/** What is to be done while the recording is played, in order. */
function timetable(pods: readonly ReplayedPod[]): Task[] {
  const tasks = pods.flatMap((pod): Task[] => [
    ...(pod.createdAtMs > 0 ? [{ atMs: pod.createdAtMs, what: 'create' as const, pod }] : []),
    ...(pod.deletedAtMs === undefined ? [] : [{ atMs: pod.deletedAtMs, what: 'delete' as const, pod }]),
  ]);
  return tasks.sort((a, b) => a.atMs - b.atMs);
}

async function create(
  pod: ReplayedPod | undefined,
  group: PodGroup,
  made: Map<ReplayedPod, ObservedPod>,
  context: RunContext,
): Promise<void> {
  if (!pod) return;
  const { namespace, template } = pod;
  const name = `${template.metadata?.generateName}${context.nextNumber()}`;
  const observed = context.observer.expect(namespace, name, template, group);
  made.set(pod, observed);
  const metadata = { ...template.metadata, generateName: undefined, name, namespace };
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const limits = { signal: context.signal, limitMs: CREATE_LIMIT_MS };
  await createPersistently(context.target.load, path, { ...template, metadata }, limits);
  observed.acceptedMs = performance.now();
}

async function remove(
  pod: ReplayedPod,
  made: ReadonlyMap<ReplayedPod, ObservedPod>,
  { target }: RunContext,
): Promise<void> {
  const observed = made.get(pod);
  if (!observed) return;
  await target.load.delete(`/api/v1/namespaces/${pod.namespace}/pods/${observed.name}`).catch(unless(404));
}

/** Some may fit nowhere, as they did when they were recorded. */
function untilTried(context: RunContext, { pods }: PodGroup): Promise<void> {
  const left = (): number =>
    pods.filter((pod) => !pod.attemptFailed && (pod.boundMs ?? pod.goneMs) === undefined).length;
  return untilNoneLeft(context, 'pods to be tried', left);
}

function unless(status: number): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof RestError && error.status === status)) throw error;
  };
}

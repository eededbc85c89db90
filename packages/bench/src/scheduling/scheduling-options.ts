import { type ParseArgsConfig, parseArgs } from 'node:util';
import { parseDuration } from '@kubelab/runtime';

/** A mistake in what the user typed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const LOAD_PROTOCOLS = ['rest', 'grpc'] as const;
export type LoadProtocol = (typeof LOAD_PROTOCOLS)[number];

export interface SchedulingOptions {
  readonly workload: string;
  readonly params: Readonly<Record<string, number | string>>;
  /** Run there; absent: in a cluster of its own. */
  readonly kubeconfig?: string;
  readonly schedulerMetricsUrl?: string;
  readonly schedulerConfig?: string;
  readonly hollow: boolean;
  readonly seed: string;
  readonly protocol: LoadProtocol;
  readonly inFlight: number;
  readonly stallLimitMs: number;
  /** Runs of the whole workload before the one that counts. */
  readonly warmUp: number;
  readonly json?: string;
  readonly html?: string;
}

export const SHARED_FLAGS = {
  param: { type: 'string', multiple: true, default: [] },
  hollow: { type: 'boolean', default: false },
  seed: { type: 'string', default: '1' },
  protocol: { type: 'string', default: 'rest' },
  'in-flight': { type: 'string', default: '32' },
  'stall-limit': { type: 'string', default: '60s' },
  'warm-up': { type: 'string', default: '0' },
  json: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const satisfies ParseArgsConfig['options'];

export const SCHEDULING_FLAGS = {
  ...SHARED_FLAGS,
  kubeconfig: { type: 'string' },
  'scheduler-metrics-url': { type: 'string' },
  'scheduler-config': { type: 'string' },
  html: { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

export const SHARED_USAGE = `  --param NAME=VALUE       another value for a parameter of the workload, such as measurePods=100; may be repeated
  --hollow                 nodes with kubelets that pretend, rather than Node objects alone
  --seed TEXT              hollow nodes, and whatever else is drawn by lot, do the same for the same seed (default: 1)
  --protocol rest|grpc     create and delete pods over REST, or over kubelab's own sessions (default: rest)
  --in-flight COUNT        creations at a time (default: 32)
  --stall-limit DURATION   give up when nothing was scheduled for so long (default: 60s)
  --warm-up COUNT          run it so often before the run that counts, and remove what was made (default: 0)
  --json FILE              write the figures in the form of perf-dashboard's data items
`;

export const SCHEDULING_USAGE = `Usage: kubelab bench scheduling WORKLOAD [flags]

WORKLOAD is one that is shipped, such as SchedulingBasic/500Nodes, or a file: FILE.yaml, FILE.yaml:CASE/WORKLOAD.

  --kubeconfig FILE        run it in that cluster, Kubernetes' own included, rather than in a new one
  --scheduler-metrics-url URL   where the scheduler of that cluster serves its metrics, over HTTP
  --scheduler-config FILE  a KubeSchedulerConfiguration for the new cluster's scheduler
${SHARED_USAGE}  --html FILE              write a page with charts
`;

/** Undefined for --help. Throws UsageError. */
export function readSchedulingOptions(args: readonly string[]): SchedulingOptions | undefined {
  const { values, positionals } = parse(args, SCHEDULING_FLAGS);
  if (values.help) return undefined;
  const [workload] = positionals;
  if (workload === undefined || positionals.length > 1) throw new UsageError('name one workload, or one file');
  const { kubeconfig, json, html, hollow } = values;
  const own = { '--hollow': hollow, '--scheduler-config': values['scheduler-config'] !== undefined };
  for (const [flag, given] of Object.entries(own))
    if (kubeconfig !== undefined && given)
      throw new UsageError(`${flag} is for a cluster of its own, not --kubeconfig`);
  if (kubeconfig === undefined && values['scheduler-metrics-url'] !== undefined)
    throw new UsageError('--scheduler-metrics-url goes with --kubeconfig');
  return {
    workload,
    ...sharedOptions(values),
    ...(kubeconfig ? { kubeconfig } : {}),
    ...(values['scheduler-metrics-url'] ? { schedulerMetricsUrl: values['scheduler-metrics-url'] } : {}),
    ...(values['scheduler-config'] ? { schedulerConfig: values['scheduler-config'] } : {}),
    ...(json ? { json } : {}),
    ...(html ? { html } : {}),
  };
}

/** As node:util's parseArgs, its complaints as UsageError. */
export function parse<const O extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: O,
): ReturnType<typeof parseArgs<{ args: string[]; options: O; allowPositionals: true }>> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}

interface SharedValues {
  readonly param: readonly string[];
  readonly hollow: boolean;
  readonly seed: string;
  readonly protocol: string;
  readonly 'in-flight': string;
  readonly 'stall-limit': string;
  readonly 'warm-up': string;
}

export function sharedOptions(
  values: SharedValues,
): Pick<SchedulingOptions, 'params' | 'hollow' | 'seed' | 'protocol' | 'inFlight' | 'stallLimitMs' | 'warmUp'> {
  return {
    params: Object.fromEntries(values.param.map(readParam)),
    hollow: values.hollow,
    seed: values.seed,
    protocol: readProtocol(values.protocol),
    inFlight: readCount('--in-flight', values['in-flight']),
    stallLimitMs: readLimit(values['stall-limit']),
    warmUp: readCount('--warm-up', values['warm-up'], 0),
  };
}

export function readCount(flag: string, text: string, least = 1): number {
  const count = Number(text);
  if (text === '' || !Number.isInteger(count) || count < least)
    throw new UsageError(`${flag}: "${text}" is not a number from ${least}`);
  return count;
}

function readProtocol(text: string): LoadProtocol {
  const protocol = LOAD_PROTOCOLS.find((each) => each === text);
  if (protocol === undefined) throw new UsageError(`--protocol: "${text}" is neither rest nor grpc`);
  return protocol;
}

function readLimit(text: string): number {
  try {
    return parseDuration(text);
  } catch (cause) {
    throw new UsageError(`--stall-limit: ${(cause as Error).message}`, { cause });
  }
}

function readParam(text: string): [string, number | string] {
  const [, name, value = ''] = /^(\w+)=(.+)$/.exec(text) ?? [];
  if (name === undefined) throw new UsageError(`--param ${text}: must be NAME=VALUE`);
  return [name, Number.isNaN(Number(value)) ? value : Number(value)];
}

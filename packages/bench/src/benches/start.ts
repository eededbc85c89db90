import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, BenchContext } from '../bench.js';
import { openCluster } from '../cluster/bench-cluster.js';
import { bundleDirectory, runCommand } from '../cluster/kubelab-command.js';
import { median } from '../measure/statistics.js';
import { until } from '../measure/until.js';
import { watchReadyPods } from './ready-pods.js';

const NODES = 3;
const TARGET_SECONDS = 6;
const NODE_PORT = 32080;
const NAMESPACE = 'rds2024test';
const EXAMPLES = ['namespace.yaml', 'nginx.yaml', 'nginx_s.yaml'];
/** Where the example's pods write their logs; the bench gives them a place that it removes. */
const LOG_DIRECTORY = '/u01/kube/logs';
const LIMIT_MS = 120_000;
/** What `kubelab up` writes when a step is done. */
const STEP_DONE = /^✔ (.+?)(?: \(.*\))?(?: \[.*\])?$/;

/** Seconds since the start, by what had been reached. */
type Milestones = Map<string, number>;

export const start: Bench = {
  name: 'start',
  title: `from nothing running to nginx answering on the NodePort of each of ${NODES} nodes, images present`,
  async *run(context) {
    await context.kubelab(['images', 'load', 'pause', 'nginx'], context.say);
    const runs: Milestones[] = [];
    for (let round = 0; round < (context.quick ? 1 : 3); round++) {
      runs.push(await startOnce(context));
      const [name, seconds] = [...(runs.at(-1) ?? [])].at(-1) ?? [];
      context.say(`run ${round + 1}: ${name} after ${seconds?.toFixed(2)} s`);
    }
    const steps = [...(runs[0]?.keys() ?? [])];
    const secondsUntil = (step: string): number => median(runs.flatMap((run) => run.get(step) ?? []));
    yield {
      name: 'start',
      value: secondsUntil(steps.at(-1) ?? ''),
      unit: 's',
      target: { value: TARGET_SECONDS, better: 'lower' },
      beside: Object.fromEntries(steps.map((step) => [`${step} after s`, secondsUntil(step)])),
    };
  },
};

async function startOnce(context: BenchContext): Promise<Milestones> {
  const { signal } = context;
  const manifests = await exampleManifests(context);
  const name = context.reserveCluster();
  const milestones: Milestones = new Map();
  const startedMs = performance.now();
  const reached = (what: string, atMs = performance.now()): void => {
    milestones.set(what, (atMs - startedMs) / 1000);
  };
  await context.kubelab(['up', '--name', name, '--nodes', String(NODES)], (line) => {
    const step = STEP_DONE.exec(line)?.[1];
    if (step) reached(step);
  });
  reached('kubelab up');
  const cluster = await openCluster(name, signal);
  // A tool of the bench, whose own time is not the user's.
  const pods = await watchReadyPods(cluster, NAMESPACE, signal);
  try {
    await runCommand('kubectl', ['--kubeconfig', cluster.kubeconfig, 'apply', '-f', '-'], { signal, input: manifests });
    reached('kubectl apply');
    await Promise.all(cluster.nodes.map(({ address }) => untilAnswered(address, signal)));
    const answeredMs = performance.now();
    reached('pods Ready', Math.max(...pods.times.values()));
    reached('nginx answers on all nodes', answeredMs);
  } finally {
    pods.close();
    cluster.client.close();
  }
  await context.kubelab(['down', '--name', name]);
  return milestones;
}

/** The examples of deploy/examples as one stream of documents. */
async function exampleManifests(context: BenchContext): Promise<string> {
  const logs = await mkdtemp(join(tmpdir(), 'kubelab-bench-'));
  context.defer(() => rm(logs, { recursive: true, force: true }));
  const directory = join(bundleDirectory(), '../../deploy/examples');
  const texts = await Promise.all(EXAMPLES.map((file) => readFile(join(directory, file), 'utf8')));
  return texts.join('\n---\n').replaceAll(LOG_DIRECTORY, logs);
}

async function untilAnswered(address: string, signal: AbortSignal): Promise<void> {
  const url = `http://${address}:${NODE_PORT}/`;
  await until(`an answer from ${url}`, () => answers(url), { signal, limitMs: LIMIT_MS, everyMs: 10 });
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const outgoing = get(url, { agent: false, timeout: 1_000 }, (response) => {
      response.resume();
      response.once('close', () => resolve(response.statusCode === 200 && response.complete));
    });
    outgoing.once('timeout', () => outgoing.destroy());
    outgoing.once('error', () => resolve(false));
  });
}

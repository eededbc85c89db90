import type { Bench, BenchContext, Figure } from '../bench.js';
import type { BenchCluster } from '../cluster/bench-cluster.js';
import { median } from '../measure/statistics.js';
import { until } from '../measure/until.js';
import {
  countContainers,
  createDockerPods,
  type DockerPods,
  ENGINE_CONCURRENCY,
  type PauseNetwork,
} from '../raw/docker-pods.js';
import { watchReadyPods } from './ready-pods.js';

/** How many pods at once, and how often. */
const BATCHES = [
  { pods: 1, rounds: 7 },
  { pods: 10, rounds: 3 },
  { pods: 30, rounds: 3 },
] as const;
const TARGET_RATIO = 0.9;
const NAMESPACE = '/api/v1/namespaces/default/pods';
/** Both containers of a pod only wait; the image is there once a cluster is. */
const IMAGE = 'kubelab/pause:1';
const LIMIT_MS = 180_000;

interface BatchTimes {
  readonly kubelabMs: number[];
  readonly dockerMs: Readonly<Record<PauseNetwork, number[]>>;
  readonly podMs: number[];
}

export const pods: Bench = {
  name: 'pods',
  title: '1, 10 and 30 pods on one node from create to Ready, beside the same containers from Docker alone',
  async *run(context) {
    const cluster = await context.startCluster({ nodes: 1 });
    const docker = createDockerPods({ cluster: cluster.name, image: IMAGE });
    context.defer(() => docker.remove());
    await until('the default ServiceAccount', () => serviceAccountPresent(cluster), limits(context));
    // The first pods pay for what is loaded only once.
    await runPods(context, cluster, 2);
    await runDocker(docker, 2, 'none');
    for (const batch of BATCHES) {
      const times: BatchTimes = { kubelabMs: [], dockerMs: { none: [], disabled: [] }, podMs: [] };
      for (let round = 0; round < (context.quick ? 1 : batch.rounds); round++) {
        const { elapsedMs, podMs } = await runPods(context, cluster, batch.pods);
        times.kubelabMs.push(elapsedMs);
        times.podMs.push(...podMs);
        const noneMs = await runDocker(docker, batch.pods, 'none');
        const disabledMs = await runDocker(docker, batch.pods, 'disabled');
        times.dockerMs.none.push(noneMs);
        times.dockerMs.disabled.push(disabledMs);
        const alone = `Docker alone ${Math.round(noneMs)} ms, without its network ${Math.round(disabledMs)} ms`;
        context.say(`${batch.pods} pods: ${Math.round(elapsedMs)} ms, ${alone}`);
      }
      yield figureOf(batch.pods, times);
    }
  },
};

/** The ratio of two rates is that of the two times the other way round. */
function figureOf(count: number, { kubelabMs, dockerMs, podMs }: BatchTimes): Figure {
  const oursMs = median(kubelabMs);
  const rawMs = median(dockerMs.none);
  const withoutNetworkMs = median(dockerMs.disabled);
  return {
    name: `pods/${count}`,
    value: rawMs / oursMs,
    unit: "of Docker's own rate",
    target: { value: TARGET_RATIO, better: 'higher' },
    beside: {
      podsPerSecond: (count / oursMs) * 1000,
      dockerPodsPerSecond: (count / rawMs) * 1000,
      allReadyMs: oursMs,
      dockerAllRunningMs: rawMs,
      ofDockerWithoutItsNetwork: withoutNetworkMs / oursMs,
      podReadyP50Ms: median(podMs),
      engineInFlight: Math.min(ENGINE_CONCURRENCY, count),
    },
  };
}

/** Milliseconds until so many run; removes them. */
async function runDocker(docker: DockerPods, count: number, network: PauseNetwork): Promise<number> {
  const elapsedMs = await docker.start(count, network);
  await docker.remove();
  return elapsedMs;
}

/** Creates so many pods at once, waits until all are Ready, and removes them. */
async function runPods(
  context: BenchContext,
  cluster: BenchCluster,
  count: number,
): Promise<{ elapsedMs: number; podMs: number[] }> {
  const { client } = cluster;
  const ready = await watchReadyPods(cluster, 'default', context.signal);
  try {
    const names = Array.from({ length: count }, (_, index) => `bench-${index}`);
    const startedMs = performance.now();
    await Promise.all(names.map((name) => client.create(NAMESPACE, podManifest(name))));
    await until(`${count} pods Ready`, () => ready.times.size >= count, limits(context));
    const podMs = [...ready.times.values()].map((timeMs) => timeMs - startedMs);
    return { elapsedMs: Math.max(...podMs), podMs };
  } finally {
    ready.close();
    if (!context.signal.aborted) await removePods(context, cluster);
  }
}

/** Until neither the apiserver nor the engine has any left. */
async function removePods(context: BenchContext, { client, name }: BenchCluster): Promise<void> {
  await client.send({
    method: 'DELETE',
    path: NAMESPACE,
    body: JSON.stringify({ kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 }),
  });
  const gone = async (): Promise<boolean> => {
    const [list, containers, sandboxes] = await Promise.all([
      client.get<{ items: unknown[] }>(NAMESPACE),
      countContainers(name, 'container'),
      countContainers(name, 'sandbox'),
    ]);
    return list.items.length + containers + sandboxes === 0;
  };
  await until('the pods are gone', gone, { ...limits(context), everyMs: 50 });
}

async function serviceAccountPresent({ client }: BenchCluster): Promise<boolean> {
  return client.get('/api/v1/namespaces/default/serviceaccounts/default').then(
    () => true,
    () => false,
  );
}

function podManifest(name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: 'bench' } },
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'pause', image: IMAGE }] },
  };
}

function limits({ signal }: BenchContext) {
  return { signal, limitMs: LIMIT_MS };
}

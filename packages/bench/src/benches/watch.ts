import { setMaxListeners } from 'node:events';
import type { Bench, BenchContext, Figure } from '../bench.js';
import type { BenchCluster } from '../cluster/bench-cluster.js';
import { runInFlight } from '../measure/in-flight.js';
import { median, quantile } from '../measure/statistics.js';
import { until } from '../measure/until.js';
import { configMap, configMaps } from './config-map.js';

const PODS = 5_000;
const PODS_PATH = '/api/v1/namespaces/default/pods';
const WATCHERS = 50;
const UPDATES = 100;
/** All of one object. */
const MANY_WATCHERS = 1_000;
const FEW_UPDATES = 20;
const LIMIT_MS = 60_000;
/** Makes a list of 5,000 as long as the one that the target was measured with: 8 MB. */
const NOTE = 'x'.repeat(500);

export const watch: Bench = {
  name: 'watch',
  title: `LIST of ${PODS} pods; ${UPDATES} updates to ${WATCHERS} watchers; one object and ${MANY_WATCHERS} watchers`,
  async *run(context) {
    const cluster = await context.startCluster({ nodes: 1 });
    yield await measureList(context, cluster);
    await runInFlight(UPDATES, 16, (index) =>
      cluster.client.send({ method: 'POST', path: configMaps, body: configMap(index, 'created') }),
    );
    yield await measureWatch(context, cluster, { ...FEW_WATCHERS, updatesInFlight: 1 });
    yield await measureWatch(context, cluster, { ...FEW_WATCHERS, updatesInFlight: 16 });
    yield await measureWatch(context, cluster, ONE_OBJECT);
  },
};

interface WatchLoad {
  readonly name: string;
  readonly watchers: number;
  readonly updates: number;
  /** 1: each update waits for the answer to the one before. */
  readonly updatesInFlight: number;
  /** Which ConfigMap an update is of. */
  readonly objectOf: (update: number) => number;
  readonly selector: string;
}

const FEW_WATCHERS = {
  name: 'events',
  watchers: WATCHERS,
  updates: UPDATES,
  objectOf: (update: number) => update,
  selector: 'labelSelector=app%3Dbench',
};

const ONE_OBJECT: WatchLoad = {
  name: 'events-of-one-object',
  watchers: MANY_WATCHERS,
  updates: FEW_UPDATES,
  updatesInFlight: 1,
  objectOf: () => 0,
  selector: 'fieldSelector=metadata.name%3Dbench-0',
};

async function measureList(context: BenchContext, { client }: BenchCluster): Promise<Figure> {
  const count = context.quick ? 500 : PODS;
  context.say(`creating ${count} pods`);
  const { elapsedMs } = await runInFlight(count, 16, (index) => client.create(PODS_PATH, idlePod(index)));
  const timesMs: number[] = [];
  const cachedMs: number[] = [];
  let bytes = 0;
  for (let round = 0; round < 15; round++) {
    context.signal.throwIfAborted();
    const startedMs = performance.now();
    bytes = (await client.send({ method: 'GET', path: PODS_PATH })).length;
    timesMs.push(performance.now() - startedMs);
    const cachedStartedMs = performance.now();
    await client.send({ method: 'GET', path: `${PODS_PATH}?resourceVersion=0` });
    cachedMs.push(performance.now() - cachedStartedMs);
  }
  return {
    name: `watch/list-${count}`,
    value: median(timesMs),
    unit: 'ms',
    target: { value: 100, better: 'lower' },
    beside: {
      megabytes: bytes / 1e6,
      worstMs: Math.max(...timesMs),
      anyVersionMs: median(cachedMs),
      podCreatesPerSecond: (count / elapsedMs) * 1000,
    },
  };
}

async function measureWatch(context: BenchContext, cluster: BenchCluster, load: WatchLoad): Promise<Figure> {
  const perSecond: number[] = [];
  const latenciesMs: number[] = [];
  for (let round = 0; round < (context.quick ? 2 : 6); round++) {
    const run = await watchOnce(context, cluster, load);
    // The first one warms up.
    if (round === 0) continue;
    perSecond.push((run.latenciesMs.length / run.elapsedMs) * 1000);
    latenciesMs.push(...run.latenciesMs);
  }
  const { name, watchers, updates, updatesInFlight } = load;
  const isTargeted = load.watchers === WATCHERS && updatesInFlight === 1;
  return {
    name: `watch/${name}${updatesInFlight === 1 ? '' : `-${updatesInFlight}-in-flight`}`,
    value: median(perSecond),
    unit: 'events/s',
    ...(isTargeted ? { target: { value: 15_000, better: 'higher' } as const } : {}),
    beside: { p50Ms: median(latenciesMs), p99Ms: quantile(latenciesMs, 0.99), watchers, updates },
  };
}

/** From the sending of the first update to the last watcher's last event; a latency is from sending to receiving. */
async function watchOnce(
  context: BenchContext,
  { client }: BenchCluster,
  { watchers, updates, updatesInFlight, objectOf, selector }: WatchLoad,
): Promise<{ elapsedMs: number; latenciesMs: number[] }> {
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  setMaxListeners(watchers * 2, signal);
  const run = `run${Math.random().toString(36).slice(2)}u`;
  const pattern = new RegExp(`"state":"${run}(\\d+)"`);
  const sentMs: number[] = [];
  const latenciesMs: number[] = [];
  let lastMs = 0;
  const onLine = (line: string): void => {
    const update = pattern.exec(line)?.[1];
    if (update === undefined) return;
    lastMs = performance.now();
    latenciesMs.push(lastMs - (sentMs[Number(update)] ?? Number.NaN));
  };
  try {
    const watchPath = `${configMaps}?watch=true&${selector}`;
    await runInFlight(watchers, WATCHERS, () => client.watch(watchPath, onLine, signal));
    const startedMs = performance.now();
    await runInFlight(updates, updatesInFlight, async (update) => {
      sentMs[update] = performance.now();
      const path = `${configMaps}/bench-${objectOf(update)}`;
      await client.send({ method: 'PUT', path, body: configMap(objectOf(update), `${run}${update}`) });
    });
    await until('all events', () => latenciesMs.length >= watchers * updates, { signal, limitMs: LIMIT_MS });
    return { elapsedMs: lastMs - startedMs, latenciesMs };
  } finally {
    stop.abort();
  }
}

/** Of a scheduler that does not exist: it stays as it is. */
function idlePod(index: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `idle-${index}`, labels: { app: 'bench' }, annotations: { note: NOTE } },
    spec: { schedulerName: 'none', containers: [{ name: 'app', image: 'kubelab/pause:1' }] },
  };
}

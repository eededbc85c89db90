import type { Bench, BenchContext, Figure } from '../bench.js';
import type { BenchCluster } from '../cluster/bench-cluster.js';
import { createRestClient } from '../cluster/rest-client.js';
import { startCpuTimes } from '../measure/cpu-time.js';
import { runInFlight } from '../measure/in-flight.js';
import { median, quantile } from '../measure/statistics.js';
import { startBareHttps } from '../raw/bare-https.js';
import { openEtcdPuts } from '../raw/etcd-puts.js';
import { configMap, configMaps } from './config-map.js';

const IN_FLIGHT = 16;
/** The verbs in the order in which they are measured, with what is to be reached, in requests a second. */
const TARGETS = { create: 900, get: 3_000, update: 1_200, patch: 1_100, delete: 1_100 } as const;
type Verb = keyof typeof TARGETS;
const VERBS = Object.keys(TARGETS) as Verb[];
const MERGE_PATCH = 'application/merge-patch+json';

type Work = (index: number) => Promise<unknown>;

/** One kind of request: what each round of it gave. */
class Series {
  readonly perSecond: number[] = [];
  readonly latenciesMs: number[] = [];
  readonly cpuMs: Record<string, number> = {};
  #requests = 0;

  constructor(readonly pids: Readonly<Record<string, number>>) {}

  async round(count: number, work: Work): Promise<void> {
    const cpuTimes = startCpuTimes(this.pids);
    const { elapsedMs, latenciesMs } = await runInFlight(count, IN_FLIGHT, work);
    for (const [name, timeMs] of Object.entries(cpuTimes())) this.cpuMs[name] = (this.cpuMs[name] ?? 0) + timeMs;
    this.#requests += count;
    this.perSecond.push((count / elapsedMs) * 1000);
    this.latenciesMs.push(...latenciesMs);
  }

  /** What a request costs each of the processes, in microseconds of CPU: unlike its rate, it is the same on a busy machine. */
  cpuMicroseconds(processes = Object.keys(this.pids)): Record<string, number> {
    const entries = Object.entries(this.cpuMs).filter(([name]) => processes.includes(name));
    return Object.fromEntries(entries.map(([name, timeMs]) => [`${name}CpuUs`, (timeMs * 1000) / this.#requests]));
  }
}

export const rest: Bench = {
  name: 'rest',
  title: 'ConfigMaps created, read, updated, patched, deleted a second over REST, 16 in flight',
  async *run(context) {
    const cluster = await context.startCluster({ nodes: 1 });
    const raw = await openRaw(context, cluster);
    const processes = await cluster.processes();
    const pidOf = (component: string): number => processes.find((each) => each.component === component)?.pid ?? 0;
    const pids = { apiserver: pidOf('apiserver'), etcd: pidOf('etcd'), client: process.pid };
    const verbs = verbsOf(cluster);
    const names = [...VERBS, 'etcdPut', 'bareHttps'] as const;
    const works = { ...verbs, ...raw.works };
    const [count, rounds] = context.quick ? [300, 1] : [2_000, 5];
    let series = new Map<string, Series>();
    // The first round warms everything up and does not count.
    for (let round = 0; round <= rounds; round++) {
      if (round <= 1) series = new Map(names.map((name) => [name, new Series(name === 'bareHttps' ? raw.pids : pids)]));
      for (const name of names) {
        context.signal.throwIfAborted();
        const first = round * count;
        await series.get(name)?.round(count, (index) => works[name](first + index));
      }
      context.say(`round ${round} of ${rounds}: ${names.map((name) => describe(name, series.get(name))).join(', ')}`);
    }
    for (const verb of VERBS) yield figureOf(verb, series);
  },
};

function describe(name: string, series: Series | undefined): string {
  return `${name} ${Math.round(series?.perSecond.at(-1) ?? 0)}/s`;
}

function figureOf(verb: Verb, all: ReadonlyMap<string, Series>): Figure {
  const rate = (name: string): number => median(all.get(name)?.perSecond ?? []);
  const latenciesMs = all.get(verb)?.latenciesMs ?? [];
  const value = rate(verb);
  const etcd = rate('etcdPut');
  const bare = rate('bareHttps');
  return {
    name: `rest/${verb}`,
    value,
    unit: 'requests/s',
    target: { value: TARGETS[verb], better: 'higher' },
    beside: {
      p50Ms: median(latenciesMs),
      p99Ms: quantile(latenciesMs, 0.99),
      ...all.get(verb)?.cpuMicroseconds(),
      // A read asks etcd for nothing but its revision.
      ...(verb === 'get' ? {} : { etcdPutsPerSecond: etcd, ratioToEtcd: value / etcd }),
      bareHttpsPerSecond: bare,
      ...all.get('bareHttps')?.cpuMicroseconds(['bareHttps']),
      ratioToBareHttps: value / bare,
    },
  };
}

function verbsOf({ client }: BenchCluster): Record<Verb, Work> {
  const path = (index: number): string => `${configMaps}/bench-${index}`;
  const send = (method: string, index: number, body?: string, contentType?: string): Promise<Buffer> =>
    client.send({ method, path: path(index), ...(body ? { body } : {}), ...(contentType ? { contentType } : {}) });
  return {
    create: (index) => client.send({ method: 'POST', path: configMaps, body: configMap(index, 'created') }),
    get: (index) => send('GET', index),
    update: (index) => send('PUT', index, configMap(index, 'updated')),
    patch: (index) => send('PATCH', index, '{"data":{"state":"patched"}}', MERGE_PATCH),
    delete: (index) => send('DELETE', index),
  };
}

/** What is beside: puts into the same etcd, and a server that does nothing but HTTPS. */
async function openRaw(context: BenchContext, cluster: BenchCluster) {
  const { url, tls } = await cluster.etcd();
  const etcd = await openEtcdPuts(url, tls);
  context.defer(async () => etcd.close());
  const bare = await startBareHttps(cluster.gateway, await cluster.serverTls(), configMap(0, 'answered'));
  context.defer(() => bare.close());
  // Its server wants a certificate that the cluster's authority has signed: the apiserver's own is one.
  const client = createRestClient(bare.url, cluster.adminTls);
  context.defer(async () => client.close());
  const works: Record<'etcdPut' | 'bareHttps', Work> = {
    etcdPut: (index) => etcd.put(`/bench/puts/${index}`, configMap(index, 'put')),
    bareHttps: (index) => client.send({ method: 'POST', path: configMaps, body: configMap(index, 'posted') }),
  };
  return { works, pids: { bareHttps: bare.pid, client: process.pid } };
}

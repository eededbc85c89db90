import type { Bench, BenchContext, Figure } from '../bench.js';
import type { BenchCluster } from '../cluster/bench-cluster.js';
import { runInFlight } from '../measure/in-flight.js';
import { median, quantile } from '../measure/statistics.js';
import { until } from '../measure/until.js';
import { emptyProxyRules, readSyncSeconds, restartProxy } from './proxy-process.js';
import { type AnsweringService, openServiceProbe, type ServiceProbe } from './service-probe.js';

const PRESENT = 3_000;
const MANY = 10_000;
const TARGET_MS = 50;
const LIMIT_MS = 120_000;

export const services: Bench = {
  name: 'services',
  title: `one more Service with ${PRESENT} present, until it answers; ${MANY} Services loaded at once (nftables)`,
  async *run(context) {
    const cluster = await context.startCluster({ nodes: 1, proxyMode: 'nftables' });
    const probe = await openServiceProbe(cluster);
    context.defer(() => probe.close());
    const [present, many] = context.quick ? [100, 200] : [PRESENT, MANY];
    yield await measureOneMore(context, probe, present);
    yield await measureLoad(context, cluster, probe, { from: present, to: many });
  },
};

async function measureOneMore(context: BenchContext, probe: ServiceProbe, present: number): Promise<Figure> {
  await createIdle(context, probe, 0, present);
  const totalMs: number[] = [];
  const afterMs: number[] = [];
  for (let round = 0; round < (context.quick ? 3 : 25); round++) {
    const service = probe.next();
    const startedMs = performance.now();
    // Whoever runs the two together, as `kubectl apply` of one file would one by one.
    await Promise.all([service.createService(), service.createEndpoints()]);
    const createdMs = performance.now();
    await untilAnswered(context, service);
    const answeredMs = performance.now();
    await service.remove();
    // The first ones warm up.
    if (round < 2) continue;
    totalMs.push(answeredMs - startedMs);
    afterMs.push(answeredMs - createdMs);
  }
  return {
    name: `services/one-more-of-${present}`,
    value: median(totalMs),
    unit: 'ms',
    target: { value: TARGET_MS, better: 'lower' },
    beside: { p90Ms: quantile(totalMs, 0.9), worstMs: Math.max(...totalMs), afterApiAnsweredMs: median(afterMs) },
  };
}

/** The proxy is killed, its rules are taken away, and it starts with `to` Services there: the time until the last one answers. */
async function measureLoad(
  context: BenchContext,
  cluster: BenchCluster,
  probe: ServiceProbe,
  { from, to }: { from: number; to: number },
): Promise<Figure> {
  const createPerSecond = await createIdle(context, probe, from, to);
  const last = probe.next();
  await Promise.all([last.createService(), last.createEndpoints()]);
  await untilAnswered(context, last);
  const loadMs: number[] = [];
  const syncSeconds: number[] = [];
  const adoptMs: number[] = [];
  for (let round = 0; round < (context.quick ? 1 : 3); round++) {
    const killedMs = await restartProxy(cluster, context.signal, emptyProxyRules);
    await untilAnswered(context, last);
    loadMs.push(performance.now() - killedMs);
    syncSeconds.push(await readSyncSeconds(cluster, context.signal));
    const adoptedFromMs = await restartProxy(cluster, context.signal);
    await readSyncSeconds(cluster, context.signal);
    adoptMs.push(performance.now() - adoptedFromMs);
    context.say(`${to} Services loaded in ${Math.round(loadMs.at(-1) ?? 0)} ms`);
  }
  await last.remove();
  return {
    name: `services/load-${to}`,
    value: median(loadMs) / 1000,
    unit: 's',
    beside: {
      firstSyncSeconds: median(syncSeconds),
      adoptAfterRestartSeconds: median(adoptMs) / 1000,
      servicesCreatedPerSecond: createPerSecond,
    },
  };
}

/** Services of two endpoints that nobody answers at. Resolves once the proxy has them, with how many were created a second. */
async function createIdle(context: BenchContext, probe: ServiceProbe, from: number, to: number): Promise<number> {
  context.say(`creating Services ${from} to ${to}`);
  const { elapsedMs } = await runInFlight(to - from, 16, async (index) => {
    context.signal.throwIfAborted();
    await probe.createIdle(from + index);
  });
  const service = probe.next();
  await Promise.all([service.createService(), service.createEndpoints()]);
  await untilAnswered(context, service);
  await service.remove();
  return ((to - from) / elapsedMs) * 1000;
}

async function untilAnswered({ signal }: BenchContext, service: AnsweringService): Promise<void> {
  await until('the Service answers', () => service.answers(), { signal, limitMs: LIMIT_MS, everyMs: 1 });
}

import { randomBytes } from 'node:crypto';
import type { Bench } from '../bench.js';
import { startCpuTimes } from '../measure/cpu-time.js';
import { runInFlight } from '../measure/in-flight.js';
import { median } from '../measure/statistics.js';
import { configMap, configMaps } from './config-map.js';

const IN_FLIGHT = 16;
/** What tracing may cost at most, of throughput. */
const TARGET_COST = 0.03;
const SIDES = ['sampled', 'unsampled'] as const;
type Side = (typeof SIDES)[number];

interface Samples {
  readonly perSecond: number[];
  readonly cpuMsPerRequest: number[];
}

/** Sampling is decided at the root of a trace, which here is the client: it says so in its traceparent. */
export const tracing: Bench = {
  name: 'tracing',
  title: 'what recording the traces of all creates costs of their throughput',
  async *run(context) {
    const cluster = await context.startCluster({ nodes: 1 });
    const { client } = cluster;
    const apiserver = (await cluster.processes()).find(({ component }) => component === 'apiserver')?.pid ?? 0;
    const [count, rounds] = context.quick ? [300, 2] : [1_500, 8];
    const samples: Record<Side, Samples> = {
      sampled: { perSecond: [], cpuMsPerRequest: [] },
      unsampled: { perSecond: [], cpuMsPerRequest: [] },
    };
    for (let round = 0; round <= rounds; round++) {
      // Each side goes first half of the time.
      for (const side of round % 2 === 0 ? SIDES : [...SIDES].reverse()) {
        context.signal.throwIfAborted();
        const cpuTimes = startCpuTimes({ apiserver });
        const { elapsedMs } = await runInFlight(count, IN_FLIGHT, (index) =>
          client.send({
            method: 'POST',
            path: configMaps,
            body: configMap(index, side),
            headers: { traceparent: traceparent(side) },
          }),
        );
        const cpuMs = cpuTimes().apiserver ?? 0;
        await runInFlight(count, IN_FLIGHT, (index) => client.delete(`${configMaps}/bench-${index}`));
        if (round === 0) continue;
        samples[side].perSecond.push((count / elapsedMs) * 1000);
        samples[side].cpuMsPerRequest.push(cpuMs / count);
      }
      context.say(`round ${round} of ${rounds}`);
    }
    const cpu = (side: Side): number => median(samples[side].cpuMsPerRequest) * 1000;
    const rate = (side: Side): number => median(samples[side].perSecond);
    yield {
      name: 'tracing',
      value: (1 - rate('sampled') / rate('unsampled')) * 100,
      unit: '% of creates/s',
      target: { value: TARGET_COST * 100, better: 'lower' },
      beside: {
        sampledPerSecond: rate('sampled'),
        unsampledPerSecond: rate('unsampled'),
        sampledApiserverCpuUs: cpu('sampled'),
        unsampledApiserverCpuUs: cpu('unsampled'),
      },
    };
  },
};

function traceparent(side: Side): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-${side === 'sampled' ? '01' : '00'}`;
}

import type { Bench } from '../bench.js';
import { runInFlight } from '../measure/in-flight.js';
import { median, quantile } from '../measure/statistics.js';

const IN_FLIGHT = 16;
const TARGET_PER_SECOND = 300;
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
/** YAML is JSON's superset: what is measured is applying, not parsing. */
const CONTENT_TYPE = 'application/apply-patch+yaml';

export const apply: Bench = {
  name: 'apply',
  title: `Deployments applied (server-side) a second, ${IN_FLIGHT} in flight`,
  async *run(context) {
    const { client } = await context.startCluster({ nodes: 1 });
    const [count, rounds] = context.quick ? [100, 1] : [500, 5];
    const perSecond = { create: [] as number[], change: [] as number[], same: [] as number[] };
    const latenciesMs: number[] = [];
    const round = async (kind: keyof typeof perSecond, counts: boolean, bodyOf: (index: number) => string) => {
      context.signal.throwIfAborted();
      const run = await runInFlight(count, IN_FLIGHT, (index) =>
        client.send({
          method: 'PATCH',
          path: `${DEPLOYMENTS}/applied-${index}?fieldManager=bench`,
          body: bodyOf(index),
          contentType: CONTENT_TYPE,
        }),
      );
      if (!counts) return;
      perSecond[kind].push((count / run.elapsedMs) * 1000);
      if (kind === 'change') latenciesMs.push(...run.latenciesMs);
    };
    for (let number = 0; number <= rounds; number++) {
      // The first round warms everything up.
      const counts = number > 0;
      await round('create', counts, (index) => deployment(index, `v${number}`));
      await round('change', counts, (index) => deployment(index, `v${number}b`));
      await round('same', counts, (index) => deployment(index, `v${number}b`));
      await runInFlight(count, IN_FLIGHT, (index) => client.delete(`${DEPLOYMENTS}/applied-${index}`));
      context.say(`round ${number} of ${rounds}`);
    }
    yield {
      name: 'apply/deployment',
      value: median(perSecond.change),
      unit: 'requests/s',
      target: { value: TARGET_PER_SECOND, better: 'higher' },
      beside: {
        p50Ms: median(latenciesMs),
        p99Ms: quantile(latenciesMs, 0.99),
        createPerSecond: median(perSecond.create),
        unchangedPerSecond: median(perSecond.same),
      },
    };
  },
};

/** Paused and without pods: what controllers do about it costs little. */
function deployment(index: number, tag: string): string {
  const labels = { app: `applied-${index}` };
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `applied-${index}`, labels, annotations: { tag } },
    spec: {
      replicas: 0,
      paused: true,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: 'web',
              image: `nginx:${tag}`,
              ports: [{ name: 'http', containerPort: 80 }],
              env: [{ name: 'TAG', value: tag }],
              resources: { requests: { cpu: '10m', memory: '16Mi' } },
            },
          ],
        },
      },
    },
  });
}

import type { Measurement, ProcessUse, Stage } from '../measure/measurement.js';
import { measurementText } from './report-text.js';
import type { SchedulingReport } from './scheduling-report.js';
import { type ChartSeries, escapeHtml, svgChart } from './svg-chart.js';

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #667; --line: #8884; --back: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #9aa4b2; --back: #14181f; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); max-width: 1340px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; } p { color: var(--soft); margin: .2rem 0; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 520px), 1fr)); gap: 1rem 1.6rem; }
figure { margin: 0; } svg { width: 100%; height: auto; } .grid { stroke: var(--line); }
.label { font-size: 11px; fill: var(--soft); } .title { font-size: 13px; font-weight: 600; fill: var(--ink); }
p.note { color: var(--ink); border-left: 3px solid #d4622a; padding-left: .6rem; margin: .4rem 0; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1rem; margin: 0; padding: 0 0 0 3rem; font-size: 12px; }
.legend span { display: inline-block; width: .8em; height: .8em; margin-right: .4em; border-radius: 2px; }
pre { overflow-x: auto; font-size: 12.5px; line-height: 1.45; border-top: 1px solid var(--line); padding-top: .8rem; }
`;

/** Points of a cumulative curve: more would not be seen. */
const CURVE_POINTS = 200;
const MOST_BARS = 60;

/** The report as one page of HTML that loads nothing. */
export function reportPage(report: SchedulingReport): string {
  const { workload, cluster, machine, seed, measurements } = report;
  const place = `In ${cluster}, on ${machine.cpus} CPUs (${machine.cpuModel}), ${machine.memoryGb} GB, Linux ${machine.kernel}, Node ${machine.node}; load before: ${machine.loadBefore}; seed ${seed}.`;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(workload)}</title><style>${STYLE}</style></head>
<body>
<h1>${escapeHtml(workload)}</h1>
<p>${escapeHtml(place)}</p>
${measurements.map(section).join('\n')}
</body>
</html>
`;
}

function section(measurement: Measurement): string {
  const { name, processes, notes } = measurement;
  const charts = [
    svgChart({
      title: 'Pods bound a second',
      x: 'seconds',
      y: 'pods/s',
      series: [throughput(measurement)],
      form: 'bars',
    }),
    ...(['perc50', 'perc99'] as const).map((key) => {
      const title = `Latency by stage over time, ${key === 'perc50' ? 'median' : '99th percentile'}`;
      return svgChart({ title, x: 'seconds, when the pod was bound', y: 'ms', series: stages(measurement, key) });
    }),
    svgChart({
      title: 'Pods bound within',
      x: 'ms since its creation',
      y: 'share of pods',
      series: [latencies(measurement)],
    }),
    svgChart({
      title: 'Balance of the nodes over time',
      x: 'seconds',
      y: 'pods on a node',
      series: balance(measurement),
    }),
    svgChart({
      title: 'Nodes by their number of pods, at the end',
      x: 'pods on the node',
      y: 'nodes',
      series: [fill(measurement)],
      form: 'bars',
    }),
    ...(processes.some(({ samples }) => samples.length > 1) ? processCharts(measurement) : []),
  ];
  return `<h2>${escapeHtml(name)}</h2>
${notes.map((note) => `<p class="note">${escapeHtml(note)}</p>\n`).join('')}<div class="charts">${charts.join('\n')}</div>
<pre>${escapeHtml(measurementText(measurement))}</pre>`;
}

function throughput({ timeline }: Measurement): ChartSeries {
  return { name: 'pods/s', points: timeline.map(({ atSeconds, seconds, pods }) => [atSeconds, pods / (seconds || 1)]) };
}

/** One after the other these make up the whole of a pod's way: with what the scheduler tells, and without. */
const WAY: readonly Stage[] = ['created → queued', 'queued → decided', 'decided → bound', 'bound → running'];
const WAY_FROM_OUTSIDE: readonly Stage[] = ['created → accepted', 'accepted → bound', 'bound → running'];

function stages({ timeline, latenciesMs }: Measurement, key: 'perc50' | 'perc99'): ChartSeries[] {
  const way = latenciesMs['queued → decided'] ? WAY : WAY_FROM_OUTSIDE;
  return way.flatMap((name) => {
    const points = timeline.flatMap(({ atSeconds, seconds, stagesMs }) => {
      const value = stagesMs[name]?.[key];
      return value === undefined ? [] : [[atSeconds + seconds / 2, value] as const];
    });
    return points.length > 0 ? [{ name, points }] : [];
  });
}

function balance({ timeline }: Measurement): ChartSeries[] {
  return (['max', 'mean', 'min'] as const).map((name) => ({
    name,
    points: timeline.flatMap(({ atSeconds, seconds, nodePods }) =>
      Number.isFinite(nodePods[name]) ? [[atSeconds + seconds, nodePods[name]] as const] : [],
    ),
  }));
}

function latencies({ boundLatenciesMs }: Measurement): ChartSeries {
  const last = boundLatenciesMs.length - 1;
  const count = Math.min(CURVE_POINTS, last);
  const points = Array.from({ length: count + 1 }, (_, index) => {
    const rank = count === 0 ? 0 : Math.round((index / count) * last);
    return [boundLatenciesMs[rank] ?? 0, (rank + 1) / (last + 1)] as const;
  });
  return { name: 'created → bound', points: last < 0 ? [] : points };
}

function fill({ balance: { podsByNode, pods } }: Measurement): ChartSeries {
  const width = Math.max(1, Math.ceil((pods.max + 1) / MOST_BARS));
  const nodes = new Map<number, number>();
  for (const count of podsByNode) {
    const bar = Math.floor(count / width) * width;
    nodes.set(bar, (nodes.get(bar) ?? 0) + 1);
  }
  const bars = Number.isFinite(pods.max) ? Math.floor(pods.max / width) + 1 : 0;
  return {
    name: 'nodes',
    points: Array.from({ length: bars }, (_, bar) => [bar * width, nodes.get(bar * width) ?? 0]),
  };
}

function processCharts({ processes }: Measurement): string[] {
  const series = (value: (sample: ProcessUse['samples'][number]) => number): ChartSeries[] =>
    processes.map(({ name, samples }) => ({
      name,
      points: samples.map((sample) => [sample.atSeconds, value(sample)]),
    }));
  return [
    svgChart({ title: 'CPU of each process', x: 'seconds', y: 'cores', series: series(({ cores }) => cores) }),
    svgChart({
      title: 'Memory of each process',
      x: 'seconds',
      y: 'MiB, resident',
      series: series(({ memoryBytes }) => memoryBytes / 2 ** 20),
    }),
  ];
}

import { measureDecisions, WORKLOADS } from './decide-bench.js';

const [only, history = '0', pods = '2000'] = process.argv.slice(2);
const sizes = [
  { nodes: 500, initialPods: 500, pods: Number(pods) },
  { nodes: 5_000, initialPods: 1_000, pods: Number(pods) },
];
for (const size of sizes)
  for (const workload of WORKLOADS) {
    if (only && only !== 'all' && only !== workload.name) continue;
    const figures = measureDecisions(workload, { ...size, history: Number(history) });
    const rates = [figures.decisionsPerSecond, figures.decisionsPerCpuSecond].map((rate) => String(rate).padStart(7));
    process.stdout.write(
      `${workload.name.padEnd(28)} ${size.nodes} nodes ${rates[0]} decisions/s, ${rates[1]} per cpu second, ` +
        `${figures.placed} of ${size.pods} placed\n`,
    );
  }

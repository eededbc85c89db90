import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureImages } from '@kubelab/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { containersWith, execute } from './kubelab-command.js';

const SCRIPT = fileURLToPath(new URL('../../deploy/bootstrap/run.mjs', import.meta.url));
const NODES = 500;
const PODS = 1_000;

interface DataItem {
  readonly data: Readonly<Record<string, number>>;
  readonly unit: string;
  readonly labels: Readonly<Record<string, string>>;
}

const directory = mkdtempSync(join(tmpdir(), 'kubelab-bench-'));

beforeAll(() => ensureImages(['pause']));
afterAll(() => rmSync(directory, { recursive: true }));

const bench = (...args: readonly string[]) => execute(process.execPath, [SCRIPT, 'bench', ...args]);

test('a bench of 1,000 pods over 500 nodes binds them all, and its figures agree with each other', async () => {
  const [json, html] = [join(directory, 'report.json'), join(directory, 'report.html')];
  const params = [`initNodes=${NODES}`, 'initPods=0', `measurePods=${PODS}`].flatMap((param) => ['--param', param]);
  const outcome = await bench('scheduling', 'SchedulingBasic', ...params, '--json', json, '--html', html);
  expect(outcome.code, outcome.stderr).toBe(0);
  expect(outcome.stdout).toContain(`${PODS} of ${PODS} pods bound`);

  const { version, dataItems } = JSON.parse(readFileSync(json, 'utf8')) as { version: string; dataItems: DataItem[] };
  const dataOf = (metric: string, labels: Readonly<Record<string, string>> = {}): DataItem['data'] => {
    const matches = (item: DataItem): boolean =>
      Object.entries({ Metric: metric, ...labels }).every(([name, value]) => item.labels[name] === value);
    const found = dataItems.filter(matches);
    expect(found, metric).toHaveLength(1);
    return found[0]?.data ?? {};
  };
  expect(version).toBe('v1');
  expect(dataOf('SchedulingPods')).toEqual({ Created: PODS, Bound: PODS, Rebound: 0 });
  const { Average: rate = 0, Perc50 = 0, Perc99 = 0, Max = 0 } = dataOf('SchedulingThroughput');
  expect(rate * (dataOf('SchedulingRun').Duration ?? 0)).toBeCloseTo(PODS, 3);
  expect(Perc50).toBeLessThanOrEqual(Perc99);
  expect(Perc99).toBeLessThanOrEqual(Max);
  expect(rate).toBeLessThanOrEqual(Max);

  const bound = dataOf('SchedulingLatency', { stage: 'created → bound' });
  const accepted = dataOf('SchedulingLatency', { stage: 'created → accepted' });
  expect(bound).toMatchObject({ Count: PODS });
  expect(bound.Average ?? 0).toBeGreaterThan(accepted.Average ?? Number.POSITIVE_INFINITY);
  expect(bound.Max ?? 0).toBeLessThanOrEqual((dataOf('SchedulingRun').Duration ?? 0) * 1000 + 1);

  // The scheduler's own stages make up the way of every pod.
  const stages = ['created → queued', 'queued → decided', 'decided → bound'].map((stage) =>
    dataOf('SchedulingLatency', { stage }),
  );
  expect(stages.map(({ Count }) => Count)).toEqual([PODS, PODS, PODS]);
  const sum = stages.reduce((total, { Average = Number.NaN }) => total + Average, 0);
  expect(Math.abs(sum - (bound.Average ?? 0))).toBeLessThan(25);

  // Every pod asks for 100m of its node's four CPUs.
  const pods = dataOf('NodePods');
  expect(pods.Average).toBe(PODS / NODES);
  expect(pods.Max ?? 0).toBeGreaterThanOrEqual(PODS / NODES);
  expect(dataOf('NodeCPUShare').Average).toBeCloseTo((PODS / NODES) * 0.025, 6);
  expect(dataOf('NodesOvercommitted')).toEqual({ Total: 0 });
  expect(dataOf('scheduler_schedule_attempts_total', { result: 'scheduled' })).toEqual({ Total: PODS });
  expect(dataOf('ProcessCPU', { process: 'scheduler' }).Total ?? 0).toBeGreaterThan(0);
  expect(dataOf('ProcessMemory', { process: 'apiserver' }).Max ?? 0).toBeGreaterThan(2 ** 20);

  const page = readFileSync(html, 'utf8');
  expect(page.match(/<svg /g)?.length).toBeGreaterThanOrEqual(5);
  expect(page).not.toMatch(/(?:src|href)=/);
  expect(await containersWith('kubelab.cluster')).not.toContainEqual(expect.stringContaining('bench-scheduling'));
});

test('a bench that is warmed up counts the last run alone, on nodes of its own', async () => {
  const json = join(directory, 'warm.json');
  const params = ['initNodes=5', 'initPods=0', 'measurePods=20'].flatMap((param) => ['--param', param]);
  const outcome = await bench('scheduling', 'SchedulingBasic', ...params, '--warm-up', '1', '--json', json);
  expect(outcome.code, outcome.stderr).toBe(0);
  expect(outcome.stderr).toContain('to warm up: 1 of 1');
  expect(outcome.stdout).toContain('warmed up by 1 run;');
  expect(outcome.stdout).toContain('20 of 20 pods bound');
  const { dataItems } = JSON.parse(readFileSync(json, 'utf8')) as { dataItems: DataItem[] };
  const dataOf = (metric: string) => dataItems.find(({ labels }) => labels.Metric === metric)?.data;
  expect(dataOf('SchedulingPods')).toEqual({ Created: 20, Bound: 20, Rebound: 0 });
  expect(dataOf('NodePods')).toMatchObject({ Average: 4 });
  expect(dataOf('scheduler_schedule_attempts_total')).toEqual({ Total: 20 });
});

test('a number of runs to warm up that is none is refused', async () => {
  const outcome = await bench('scheduling', 'SchedulingBasic', '--warm-up', 'twice');
  expect(outcome).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('--warm-up: "twice" is not a number from 0'),
  });
});

test('a workload that is not right is refused with its line and field, before anything is brought up', async () => {
  const file = join(directory, 'bad.yaml');
  writeFileSync(file, 'name: Bad\nworkloadTemplate:\n  - opcode: createNodes\n    countt: 5\n');
  expect(await bench('scheduling', file)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`${file}:4: workloadTemplate[0].countt: is not a field here`),
  });
});

test('so is a configuration of the scheduler', async () => {
  const file = join(directory, 'config.yaml');
  const head = 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n';
  writeFileSync(file, `${head}profiles: [{ schedulerNam: x }]\n`);
  const outcome = await bench('compare', file, file, 'SchedulingBasic');
  expect(outcome).toMatchObject({ code: 1, stderr: expect.stringContaining(`${file}:3: profiles[0].schedulerNam: `) });
});

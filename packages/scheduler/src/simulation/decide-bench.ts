import type { Pod, PodSpec } from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import { createPodInfo } from '../cluster/pod-info.js';
import { DecisionHistory } from '../explain/decision-history.js';
import { makeNode, makePod, requesting } from './objects.js';
import { createRandom } from './random.js';
import { createSimulation } from './simulation.js';

/** A workload by the name that scheduler_perf gives it: the pods that run already, and those that are decided. */
export interface DecideWorkload {
  readonly name: string;
  readonly pod: (index: number) => Cached<Pod>;
  /** What runs before; by default the same pods. */
  readonly initial?: (index: number) => Cached<Pod>;
}

export interface DecideFigures {
  readonly workload: string;
  readonly nodes: number;
  readonly pods: number;
  readonly placed: number;
  readonly decisionsPerSecond: number;
  /** Of the processor's time: what others take on a busy machine is not counted. */
  readonly decisionsPerCpuSecond: number;
  readonly history: number;
}

const ZONES = ['zone1', 'zone2', 'zone3'] as const;
const REQUESTS = requesting({ cpu: '100m', memory: '500Mi' });

const named = (index: number, spec: Partial<PodSpec>, labels: Record<string, string> = {}) =>
  makePod(`pod-${index}`, { ...REQUESTS, ...spec }, { labels });

const GREEN = { labelSelector: { matchLabels: { color: 'green' } }, topologyKey: 'kubernetes.io/hostname' };
const BLUE = { labelSelector: { matchLabels: { color: 'blue' } }, topologyKey: 'topology.kubernetes.io/zone' };
const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

const basic = (index: number) => named(index, {});

const spreading = (index: number, whenUnsatisfiable: string) =>
  named(
    index,
    {
      topologySpreadConstraints: [
        {
          maxSkew: 5,
          topologyKey: 'topology.kubernetes.io/zone',
          whenUnsatisfiable,
          labelSelector: { matchLabels: { color: 'blue' } },
        },
      ],
    },
    { color: 'blue' },
  );

export const WORKLOADS: readonly DecideWorkload[] = [
  { name: 'SchedulingBasic', pod: basic },
  {
    name: 'NodeAffinity',
    initial: basic,
    pod: (index) =>
      named(index, {
        affinity: {
          nodeAffinity: {
            [REQUIRED]: {
              nodeSelectorTerms: [
                {
                  matchExpressions: [
                    { key: 'topology.kubernetes.io/zone', operator: 'In', values: ['zone1', 'zone2'] },
                  ],
                },
              ],
            },
          },
        },
      }),
  },
  { name: 'TopologySpreading', initial: basic, pod: (index) => spreading(index, 'DoNotSchedule') },
  { name: 'PreferredTopologySpreading', initial: basic, pod: (index) => spreading(index, 'ScheduleAnyway') },
  {
    name: 'PodAntiAffinity',
    pod: (index) => named(index, { affinity: { podAntiAffinity: { [REQUIRED]: [GREEN] } } }, { color: 'green' }),
  },
  {
    name: 'PodAffinity',
    pod: (index) => named(index, { affinity: { podAffinity: { [REQUIRED]: [BLUE] } } }, { color: 'blue' }),
  },
  {
    name: 'PreferredPodAntiAffinity',
    pod: (index) =>
      named(
        index,
        { affinity: { podAntiAffinity: { [PREFERRED]: [{ weight: 1, podAffinityTerm: GREEN }] } } },
        { color: 'green' },
      ),
  },
];

/** Decides `podCount` pods one after another on nodes that run some already, in the cache alone; as many a second. */
export function measureDecisions(
  workload: DecideWorkload,
  size: { nodes: number; initialPods: number; pods: number; history: number },
): DecideFigures {
  const { nodes, initialPods, pods, history: capacity } = size;
  const random = createRandom(1);
  const simulation = createSimulation({ random: random.next });
  const history = new DecisionHistory(capacity);
  for (let index = 0; index < nodes; index++)
    simulation.addNode(
      makeNode(`node-${index}`, {
        labels: { 'topology.kubernetes.io/zone': ZONES[index % ZONES.length] ?? '' },
        allocatable: { cpu: '4', memory: '32Gi', pods: '110' },
      }),
    );
  const place = (pod: Cached<Pod>): boolean => {
    const info = createPodInfo(pod);
    const { cycle, node } = simulation.decide(info);
    if (node === undefined) return false;
    history.record(cycle, { attempt: 1, node: node.name });
    simulation.cache.assume(info, node.name);
    return true;
  };
  for (let index = 0; index < initialPods; index++) place((workload.initial ?? workload.pod)(pods + index));
  const waiting = Array.from({ length: pods }, (_, index) => workload.pod(index));
  const startMs = performance.now();
  const cpu = process.cpuUsage();
  let placed = 0;
  for (const pod of waiting) if (place(pod)) placed++;
  const seconds = (performance.now() - startMs) / 1_000;
  const used = process.cpuUsage(cpu);
  return {
    workload: workload.name,
    nodes,
    pods,
    placed,
    history: capacity,
    decisionsPerSecond: Math.round(pods / seconds),
    decisionsPerCpuSecond: Math.round(pods / ((used.user + used.system) / 1e6)),
  };
}

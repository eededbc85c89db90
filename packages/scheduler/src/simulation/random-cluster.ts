import type { LabelSelector, Node, Pod, PodAffinityTerm, PodSpec, TopologySpreadConstraint } from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import { makeNode, makePod } from './objects.js';
import type { Random } from './random.js';

const ZONES = ['z1', 'z2', 'z3'] as const;
const APPS = ['a', 'b', 'c'] as const;
const KEYS = ['kubernetes.io/hostname', 'topology.kubernetes.io/zone', 'rack'] as const;
const NAMESPACES = ['default', 'other'] as const;

/** A node with some labels and taints, or without. */
export function randomNode(random: Random, name: string): Cached<Node> {
  const labels: Record<string, string> = {};
  if (random.chance(0.85)) labels['topology.kubernetes.io/zone'] = random.pick(ZONES);
  if (random.chance(0.6)) labels.rack = `r${random.below(4)}`;
  if (random.chance(0.5)) labels.disk = random.pick(['ssd', 'hdd']);
  const taints = random.chance(0.2)
    ? [{ key: 't', value: random.pick(['x', 'y']), effect: random.pick(['NoSchedule', 'PreferNoSchedule']) }]
    : [];
  return makeNode(name, {
    labels,
    allocatable: { cpu: String(2 + random.below(4)), memory: '8Gi', pods: String(3 + random.below(8)) },
    spec: { taints, ...(random.chance(0.05) ? { unschedulable: true } : {}) },
  });
}

function selector(random: Random): LabelSelector {
  if (random.chance(0.7)) return { matchLabels: { app: random.pick(APPS) } };
  if (random.chance(0.2)) return {};
  return { matchExpressions: [{ key: 'app', operator: random.pick(['In', 'NotIn']), values: [random.pick(APPS)] }] };
}

function affinityTerm(random: Random): PodAffinityTerm {
  return {
    topologyKey: random.pick(KEYS),
    labelSelector: selector(random),
    ...(random.chance(0.2) ? { namespaces: ['other'] } : {}),
    ...(random.chance(0.2) ? { namespaceSelector: random.pick([{}, { matchLabels: { team: 'red' } }]) } : {}),
    ...(random.chance(0.1) ? { matchLabelKeys: ['version'] } : {}),
  };
}

function spreadConstraint(random: Random): TopologySpreadConstraint {
  const isHard = random.chance(0.5);
  return {
    topologyKey: random.pick(KEYS),
    maxSkew: 1 + random.below(2),
    whenUnsatisfiable: isHard ? 'DoNotSchedule' : 'ScheduleAnyway',
    labelSelector: selector(random),
    ...(isHard && random.chance(0.3) ? { minDomains: 1 + random.below(4) } : {}),
    ...(random.chance(0.3) ? { nodeAffinityPolicy: random.pick(['Honor', 'Ignore']) } : {}),
    ...(random.chance(0.3) ? { nodeTaintsPolicy: random.pick(['Honor', 'Ignore']) } : {}),
    ...(random.chance(0.2) ? { matchLabelKeys: ['version'] } : {}),
  };
}

/** A pod that may ask for anything that plugins look at. */
export function randomPod(random: Random, name: string): Cached<Pod> {
  const some = <T>(probability: number, make: () => T): T[] => (random.chance(probability) ? [make()] : []);
  const weighted = () => ({ weight: 1 + random.below(100), podAffinityTerm: affinityTerm(random) });
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
  const spec: Partial<PodSpec> = {
    containers: [
      {
        name: 'c',
        image: 'i',
        resources: { requests: { cpu: `${random.below(8) * 100}m`, memory: `${random.below(8) * 100}Mi` } },
        ...(random.chance(0.1) ? { ports: [{ containerPort: 80, hostPort: 8_000 + random.below(3) }] } : {}),
      },
    ],
    priority: random.below(3),
    ...(random.chance(0.15) ? { nodeSelector: { disk: random.pick(['ssd', 'hdd']) } } : {}),
    ...(random.chance(0.3) ? { tolerations: [{ key: 't', value: random.pick(['x', 'y']) }] } : {}),
    affinity: {
      podAffinity: {
        [required]: some(0.15, () => affinityTerm(random)),
        [preferred]: some(0.25, weighted),
      },
      podAntiAffinity: {
        [required]: some(0.2, () => affinityTerm(random)),
        [preferred]: some(0.25, weighted),
      },
    },
    topologySpreadConstraints: [
      ...some(0.35, () => spreadConstraint(random)),
      ...some(0.15, () => spreadConstraint(random)),
    ],
  };
  const labels = { app: random.pick(APPS), ...(random.chance(0.5) ? { version: random.pick(['1', '2']) } : {}) };
  const deletionTimestamp = random.chance(0.05) ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {};
  return makePod(name, spec, { labels, namespace: random.pick(NAMESPACES), ...deletionTimestamp });
}

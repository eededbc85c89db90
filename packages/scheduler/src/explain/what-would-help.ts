import type { NodeInfo } from '../cluster/node-info.js';
import type { PodInfo } from '../cluster/pod-info.js';
import { untoleratedTaint } from '../cluster/taints.js';
import type { DecisionRecord } from './decision-record.js';

/** What plugins were asked about, by the nodes that they refused. */
type Advice = (pod: PodInfo, nodes: readonly NodeInfo[]) => string | undefined;

const ADVICE: Readonly<Record<string, Advice>> = {
  NodeResourcesFit: smallestShortage,
  TaintToleration: missingToleration,
  NodeUnschedulable: (_, nodes) => `uncordoning ${named(nodes)}`,
  NodeAffinity: demandedLabels,
  NodePorts: (pod, nodes) =>
    `${pod.hostPorts.map(({ port, protocol }) => `${port}/${protocol}`).join(', ')} becoming free on ${named(nodes)}`,
  PodTopologySpread: (_, nodes) =>
    `pods that match the spreading constraints leaving the topologies of ${named(nodes)}, or a larger maxSkew`,
  InterPodAffinity: (_, nodes) =>
    `pods coming to, or leaving, the topologies of ${named(nodes)} as the (anti-)affinity demands`,
  VolumeBinding: (_, nodes) => `volumes that can be used from ${named(nodes)}`,
  VolumeZone: (_, nodes) => `volumes in the zones of ${named(nodes)}`,
  NodeVolumeLimits: (_, nodes) => `fewer volumes attached to ${named(nodes)}`,
};

/** A line for each plugin that refused nodes: what would have to change for it to accept one of them. */
export function whatWouldHelp(record: DecisionRecord): string[] {
  const { pod, refusal, refused, refusals, givenBy, nodeCount } = record;
  if (pod === undefined) return [];
  if (nodeCount === 0) return ['a node'];
  if (refusal) return [`the pod itself: ${refusal.reasons.join(', ')}`];
  const byPlugin = new Map<string, NodeInfo[]>();
  refused.forEach((node, index) => {
    const rejection = refusals[index];
    const plugin = (rejection && givenBy.get(rejection)) ?? '';
    const nodes = byPlugin.get(plugin);
    if (nodes) nodes.push(node);
    else byPlugin.set(plugin, [node]);
  });
  return [...byPlugin].flatMap(([plugin, nodes]) => {
    const advice = ADVICE[plugin]?.(pod, nodes);
    return advice === undefined ? [] : [`${plugin}: ${advice}`];
  });
}

function named(nodes: readonly NodeInfo[]): string {
  const [first, second, ...others] = nodes.map(({ name }) => name);
  if (second === undefined) return first ?? 'no node';
  return others.length === 0 ? `${first} or ${second}` : `${first}, ${second} or one of ${others.length} others`;
}

/** The node that lacks least, and what of. */
function smallestShortage({ requests }: PodInfo, nodes: readonly NodeInfo[]): string | undefined {
  let best: { readonly node: NodeInfo; readonly lacks: string[]; readonly cost: number } | undefined;
  for (const node of nodes) {
    const lacks: string[] = [];
    let cost = 0;
    const check = (resource: string, amount: number, print: (missing: number) => string) => {
      const missing = amount - (node.allocatable(resource) - node.requested(resource, false));
      if (amount === 0 || missing <= 0) return;
      lacks.push(`${print(missing)} of ${resource}`);
      cost += missing / amount + (amount > node.allocatable(resource) ? 1_000 : 0);
    };
    check('cpu', requests.milliCpu, (missing) => `${missing}m`);
    check('memory', requests.memoryBytes, mebibytes);
    check('ephemeral-storage', requests.ephemeralStorageBytes, mebibytes);
    for (const [name, amount] of requests.scalars) check(name, amount, String);
    if (node.pods.size >= node.allocatablePods) {
      lacks.push('room for one more pod');
      cost += 1;
    }
    if (lacks.length > 0 && (best === undefined || cost < best.cost)) best = { node, lacks, cost };
  }
  return best && `${best.lacks.join(' and ')} more on ${best.node.name}, which lacks least`;
}

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 1024 / 1024)}Mi`;

function missingToleration(pod: PodInfo, nodes: readonly NodeInfo[]): string {
  const counts = new Map<string, number>();
  for (const { taints } of nodes) {
    const taint = untoleratedTaint(taints, pod.tolerations);
    if (taint === undefined) continue;
    const text = `${taint.key}${taint.value ? `=${taint.value}` : ''}:${taint.effect}`;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([taint, count]) => `tolerating ${taint} (${count} nodes)`).join(', or ');
}

function demandedLabels({ pod }: PodInfo, nodes: readonly NodeInfo[]): string {
  const { nodeSelector, affinity } = pod.spec ?? {};
  const labels = Object.entries(nodeSelector ?? {}).map(([key, value]) => `${key}=${value}`);
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const texts = terms.map(({ matchExpressions = [], matchFields = [] }) =>
    [...matchExpressions, ...matchFields]
      .map(
        ({ key, operator, values = [] }) => `${key} ${operator}${values.length > 0 ? ` (${values.join(', ')})` : ''}`,
      )
      .join(' and '),
  );
  const demanded = [...labels, ...(texts.length > 0 ? [texts.join(' or ')] : [])].join(' and ');
  return `${demanded} on ${named(nodes)}`;
}

import {
  type DeepReadonly,
  type LabelSelectorLike,
  type Selector,
  selectorFromLabels,
  selectorFromObject,
  type TopologySpreadConstraint,
} from '@kubelab/api';
import { withLabelKeys } from '../cluster/affinity-terms.js';
import type { ClusterObjects } from '../cluster/cluster-objects.js';
import { LruMap } from '../cluster/lru-map.js';
import { requiredNodes } from '../cluster/node-selector.js';
import type { PodInfo } from '../cluster/pod-info.js';
import { untoleratedTaint } from '../cluster/taints.js';
import type { CountQuery } from '../topology/pod-count-index.js';

/** One spreading constraint of a pod, ready to be asked. Pods made alike share it. */
export interface SpreadConstraint {
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly topologyKey: string;
  readonly selector: Selector;
  /** Whether the pod itself is one of those that are spread. */
  readonly countsSelf: boolean;
  readonly query: CountQuery;
}

export interface SpreadConstraints {
  readonly hard: readonly SpreadConstraint[];
  readonly soft: readonly SpreadConstraint[];
  /** Nodes without all of the soft constraints' labels are left out. */
  readonly requiresAllTopologies: boolean;
}

/** What pods without constraints of their own get, where they belong to a Service, ReplicaSet or the like. */
export interface DefaultConstraints {
  readonly constraints: readonly DeepReadonly<TopologySpreadConstraint>[];
  /** Kubernetes' own, which nodes without a zone do not fail. */
  readonly isSystem: boolean;
}

export const SYSTEM_DEFAULTS: DefaultConstraints = {
  isSystem: true,
  constraints: [
    { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 3 },
    { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 5 },
  ],
};

const NO_CONSTRAINTS: SpreadConstraints = { hard: [], soft: [], requiresAllTopologies: true };

/** The constraints of pods, worked out once for pods that are made alike. */
export class SpreadConstraintReader {
  readonly #defaults: DefaultConstraints;
  readonly #objects: ClusterObjects;
  readonly #known = new LruMap<string, SpreadConstraints>(2_048);

  constructor(defaults: DefaultConstraints, objects: ClusterObjects) {
    this.#defaults = defaults;
    this.#objects = objects;
  }

  of(info: PodInfo): SpreadConstraints {
    const own = info.pod.spec?.topologySpreadConstraints;
    if (own?.length) return this.#compiled(info, own, undefined, true);
    const { constraints, isSystem } = this.#defaults;
    if (constraints.length === 0) return NO_CONSTRAINTS;
    const selector = workloadSelector(info, this.#objects);
    if (selector === undefined) return NO_CONSTRAINTS;
    return this.#compiled(info, constraints, selector, !isSystem);
  }

  #compiled(
    info: PodInfo,
    constraints: readonly DeepReadonly<TopologySpreadConstraint>[],
    selector: Selector | undefined,
    requiresAllTopologies: boolean,
  ): SpreadConstraints {
    const { nodeSelector, affinity } = info.pod.spec ?? {};
    const key = JSON.stringify([
      info.namespace,
      info.labels,
      constraints,
      selector?.toString(),
      nodeSelector,
      affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution,
      info.tolerations,
    ]);
    const known = this.#known.get(key);
    if (known) return known;
    const compile = (action: string, requiresAll: boolean) => {
      const chosen = constraints.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === action);
      const keys = requiresAll ? chosen.map(({ topologyKey }) => topologyKey) : [];
      return chosen.map((constraint) => compileConstraint(info, constraint, selector, keys));
    };
    const result: SpreadConstraints = {
      hard: compile('DoNotSchedule', true),
      soft: compile('ScheduleAnyway', requiresAllTopologies),
      requiresAllTopologies,
    };
    this.#known.set(key, result);
    return result;
  }
}

function compileConstraint(
  info: PodInfo,
  constraint: DeepReadonly<TopologySpreadConstraint>,
  workload: Selector | undefined,
  requiredKeys: readonly string[],
): SpreadConstraint {
  const { topologyKey, labelSelector, matchLabelKeys, maxSkew, minDomains = 1 } = constraint;
  const selector =
    workload ??
    selectorFromObject(
      withLabelKeys(labelSelector as DeepReadonly<LabelSelectorLike> | undefined, info.labels, {
        In: matchLabelKeys,
        NotIn: undefined,
      }),
    );
  return {
    maxSkew,
    minDomains,
    topologyKey,
    selector,
    countsSelf: selector.matches(info.labels),
    query: countQuery(info, constraint, selector, requiredKeys),
  };
}

/** The two inclusion policies: by default nodes that the pod's affinity excludes are not counted, tainted ones are. */
function countQuery(
  info: PodInfo,
  { topologyKey, labelSelector, nodeAffinityPolicy, nodeTaintsPolicy }: DeepReadonly<TopologySpreadConstraint>,
  selector: Selector,
  requiredKeys: readonly string[],
): CountQuery {
  const { namespace, tolerations } = info;
  const { nodeSelector, affinity } = info.pod.spec ?? {};
  const honorsAffinity = nodeAffinityPolicy !== 'Ignore';
  const honorsTaints = nodeTaintsPolicy === 'Honor';
  const required = honorsAffinity ? requiredNodes(info.pod) : undefined;
  const others = requiredKeys.filter((key) => key !== topologyKey);
  const signature = JSON.stringify([
    'spread',
    namespace,
    selector.toString(),
    selector.requirements.length === 0 && labelSelector === undefined,
    topologyKey,
    [...others].sort(),
    required ? [nodeSelector, affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution] : null,
    honorsTaints ? tolerations : null,
  ]);
  return {
    signature,
    topologyKey,
    selector,
    countsPod: (pod) => pod.namespace === namespace && !pod.isTerminating,
    countsNode(node) {
      for (const key of others) if (node.labels[key] === undefined) return false;
      if (required !== undefined && !required(node)) return false;
      return !honorsTaints || untoleratedTaint(node.taints, tolerations) === undefined;
    },
  };
}

/** What selects the pod: its Services and its controller together. Undefined where nothing does. */
function workloadSelector(info: PodInfo, objects: ClusterObjects): Selector | undefined {
  const { namespace, labels } = info;
  const matchLabels: Record<string, string> = {};
  for (const { spec } of objects.inNamespace('services', namespace)) {
    const wanted = spec?.selector;
    if (wanted && Object.keys(wanted).length > 0 && selectorFromLabels(wanted).matches(labels))
      Object.assign(matchLabels, wanted);
  }
  const owner = info.pod.metadata.ownerReferences?.find(({ controller }) => controller);
  const matchExpressions: (LabelSelectorLike['matchExpressions'] & {})[number][] = [];
  if (owner) {
    const key = `${namespace}/${owner.name}`;
    const { kind, apiVersion } = owner;
    if (kind === 'ReplicationController' && apiVersion === 'v1')
      Object.assign(matchLabels, objects.get('replicationcontrollers', key)?.spec?.selector);
    const selector =
      apiVersion !== 'apps/v1'
        ? undefined
        : kind === 'ReplicaSet'
          ? objects.get('replicasets', key)?.spec?.selector
          : kind === 'StatefulSet'
            ? objects.get('statefulsets', key)?.spec?.selector
            : undefined;
    Object.assign(matchLabels, selector?.matchLabels);
    matchExpressions.push(...(selector?.matchExpressions ?? []));
  }
  if (Object.keys(matchLabels).length + matchExpressions.length === 0) return undefined;
  return selectorFromObject({ matchLabels, matchExpressions });
}

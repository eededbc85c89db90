import type { NodeAffinity, NodeSelectorTerm, PreferredSchedulingTerm, TopologySpreadConstraint } from '@kubelab/api';
import type { InterPodAffinityArgs } from '../plugins/inter-pod-affinity.js';
import { DEFAULT_SCORING_STRATEGY, type NodeResourcesFitArgs } from '../plugins/node-resources-fit.js';
import type { ResourceWeight, ScoringStrategy, ShapePoint } from '../plugins/scoring-strategy.js';
import { type DefaultConstraints, SYSTEM_DEFAULTS } from '../plugins/spread-constraints.js';
import type { VolumeBindingArgs } from '../plugins/volume-binding.js';
import type { CandidateLimits } from '../preemption/find-candidates.js';
import type { Field } from './field.js';

const TYPE_META = ['apiVersion', 'kind'] as const;

/** For plugins that take none. */
export function readNoArguments(args: Field): void {
  args.fields(TYPE_META);
}

export function readDefaultPreemptionArguments(args: Field): CandidateLimits {
  const { minCandidateNodesPercentage, minCandidateNodesAbsolute } = args.fields([
    ...TYPE_META,
    'minCandidateNodesPercentage',
    'minCandidateNodesAbsolute',
  ]);
  const limits = {
    minCandidateNodesPercentage: minCandidateNodesPercentage.number(10, { min: 0, max: 100 }),
    minCandidateNodesAbsolute: minCandidateNodesAbsolute.number(100, { min: 0 }),
  };
  if (limits.minCandidateNodesPercentage + limits.minCandidateNodesAbsolute === 0)
    minCandidateNodesPercentage.problem('cannot be zero at the same time as minCandidateNodesAbsolute');
  return limits;
}

export function readInterPodAffinityArguments(args: Field): InterPodAffinityArgs {
  const { hardPodAffinityWeight, ignorePreferredTermsOfExistingPods } = args.fields([
    ...TYPE_META,
    'hardPodAffinityWeight',
    'ignorePreferredTermsOfExistingPods',
  ]);
  return {
    hardPodAffinityWeight: hardPodAffinityWeight.number(1, { min: 0, max: 100 }),
    ignorePreferredTermsOfExistingPods: ignorePreferredTermsOfExistingPods.boolean(false),
  };
}

export function readNodeAffinityArguments(args: Field): NodeAffinity | undefined {
  const { addedAffinity } = args.fields([...TYPE_META, 'addedAffinity']);
  if (addedAffinity.isAbsent) return undefined;
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
  const fields = addedAffinity.fields([required, preferred]);
  const terms = fields[required].isAbsent
    ? undefined
    : fields[required].fields(['nodeSelectorTerms']).nodeSelectorTerms.list().map(readTerm);
  if (terms?.length === 0)
    fields[required].problem('nodeSelectorTerms: Required value: must have at least one node selector term');
  const preferredTerms = fields[preferred].list().map((field): PreferredSchedulingTerm => {
    const { weight, preference } = field.fields(['weight', 'preference']);
    return { weight: weight.number(1, { min: 1, max: 100 }), preference: readTerm(preference) };
  });
  return {
    ...(terms ? { [required]: { nodeSelectorTerms: terms } } : {}),
    ...(preferredTerms.length > 0 ? { [preferred]: preferredTerms } : {}),
  };
}

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'] as const;

function readTerm(field: Field): NodeSelectorTerm {
  const { matchExpressions, matchFields } = field.fields(['matchExpressions', 'matchFields']);
  const readAll = (list: Field) =>
    list.list().map((each) => {
      const { key, operator, values } = each.fields(['key', 'operator', 'values']);
      return {
        key: key.requiredString(),
        operator: operator.oneOf(OPERATORS, 'In'),
        values: values.list().map((value) => value.string('')),
      };
    });
  return { matchExpressions: readAll(matchExpressions), matchFields: readAll(matchFields) };
}

export function readBalancedAllocationArguments(args: Field): readonly ResourceWeight[] {
  const { resources } = args.fields([...TYPE_META, 'resources']);
  const read = readResources(resources);
  read.forEach(({ weight }, index) => {
    if (weight !== 1)
      resources.list()[index]?.fields(['name', 'weight']).weight.invalid('resource weight not in valid range [1-1]');
  });
  return read;
}

function readResources(field: Field): readonly ResourceWeight[] {
  if (field.isAbsent) return DEFAULT_SCORING_STRATEGY.resources;
  return field.list().map((each) => {
    const { name, weight } = each.fields(['name', 'weight']);
    return { name: name.requiredString(), weight: weight.number(1, { min: 1, max: 100 }) };
  });
}

export function readNodeResourcesFitArguments(args: Field): NodeResourcesFitArgs {
  const { ignoredResources, ignoredResourceGroups, scoringStrategy } = args.fields([
    ...TYPE_META,
    'ignoredResources',
    'ignoredResourceGroups',
    'scoringStrategy',
  ]);
  const groups = ignoredResourceGroups.list().map((field) => {
    const group = field.string('');
    if (group.includes('/')) field.invalid("resource group name can't contain '/'");
    return group;
  });
  return {
    ignoredResources: new Set(ignoredResources.list().map((field) => field.string(''))),
    ignoredResourceGroups: new Set(groups),
    scoringStrategy: scoringStrategy.isAbsent ? DEFAULT_SCORING_STRATEGY : readStrategy(scoringStrategy),
  };
}

function readStrategy(field: Field): ScoringStrategy {
  const { type, resources, requestedToCapacityRatio } = field.fields(['type', 'resources', 'requestedToCapacityRatio']);
  const chosen = type.oneOf(['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio'], 'LeastAllocated');
  const weights = readResources(resources);
  if (chosen !== 'RequestedToCapacityRatio') return { type: chosen, resources: weights };
  const { shape } = requestedToCapacityRatio.fields(['shape']);
  return { type: chosen, resources: weights, shape: readShape(shape) };
}

function readShape(field: Field): ShapePoint[] {
  if (field.list().length === 0) field.problem('Required value: at least one point must be specified');
  let last = -1;
  return field.list().map((each) => {
    const { utilization, score } = each.fields(['utilization', 'score']);
    const point = {
      utilization: utilization.number(0, { min: 0, max: 100 }),
      score: score.number(0, { min: 0, max: 10 }),
    };
    if (point.utilization <= last) utilization.invalid('utilization values must be sorted in increasing order');
    last = point.utilization;
    return point;
  });
}

export function readTopologySpreadArguments(args: Field): DefaultConstraints {
  const { defaultConstraints, defaultingType } = args.fields([...TYPE_META, 'defaultConstraints', 'defaultingType']);
  const type = defaultingType.oneOf(['System', 'List'], defaultConstraints.isAbsent ? 'System' : 'List');
  if (type === 'System') {
    if (defaultConstraints.list().length > 0)
      defaultingType.invalid('when .defaultingType is "System", .defaultConstraints must be empty');
    return SYSTEM_DEFAULTS;
  }
  const seen = new Set<string>();
  const constraints = defaultConstraints.list().map((field): TopologySpreadConstraint => {
    const { maxSkew, topologyKey, whenUnsatisfiable, labelSelector } = field.fields([
      'maxSkew',
      'topologyKey',
      'whenUnsatisfiable',
      'labelSelector',
    ]);
    if (!labelSelector.isAbsent)
      labelSelector.problem('Forbidden: constraint must not define a selector, as they deduced for each pod');
    const constraint = {
      maxSkew: maxSkew.number(1, { min: 1 }),
      topologyKey: topologyKey.requiredString(),
      whenUnsatisfiable: whenUnsatisfiable.oneOf(['DoNotSchedule', 'ScheduleAnyway'], 'DoNotSchedule'),
    };
    const key = `${constraint.topologyKey}, ${constraint.whenUnsatisfiable}`;
    if (seen.has(key)) field.problem(`Duplicate value: "{${key}}"`);
    seen.add(key);
    return constraint;
  });
  return { constraints, isSystem: false };
}

export function readVolumeBindingArguments(args: Field): VolumeBindingArgs {
  const { bindTimeoutSeconds, shape } = args.fields([...TYPE_META, 'bindTimeoutSeconds', 'shape']);
  // Only a cluster that scores by capacity uses the shape; it is checked all the same.
  if (!shape.isAbsent) readShape(shape);
  return { bindTimeoutMs: bindTimeoutSeconds.number(600, { min: 0 }) * 1_000 };
}

import type { DeepReadonly, NodeSelectorRequirement, NodeSelectorTerm, PreferredSchedulingTerm } from '@kubelab/api';
import { normalizeToMax, type Plugin } from '../framework.js';
import type { NodeInfo } from '../node-info.js';

/** spec.nodeSelector and the node affinity, required and preferred. */
export const nodeAffinity: Plugin = {
  name: 'NodeAffinity',
  events: [{ event: 'NodeAdded' }, { event: 'NodeLabelChanged' }],
  preFilter(_, { pod }) {
    const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    return required || Object.keys(pod.spec?.nodeSelector ?? {}).length > 0 ? undefined : 'skip';
  },
  filter(_, { pod }, node) {
    const selector = Object.entries(pod.spec?.nodeSelector ?? {});
    const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    const fits =
      selector.every(([key, value]) => node.labels[key] === value) &&
      (!required || required.nodeSelectorTerms.some((term) => termMatches(term, node)));
    if (fits) return undefined;
    return { reasons: ["node(s) didn't match Pod's node affinity/selector"], unresolvable: true };
  },
  preScore(_, { pod }) {
    const preferred = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
    return preferred?.length ? undefined : 'skip';
  },
  score(_, { pod }, node) {
    const preferred = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    return preferred
      .filter(({ preference }: DeepReadonly<PreferredSchedulingTerm>) => termMatches(preference, node))
      .reduce((sum, { weight }) => sum + weight, 0);
  },
  normalize: (scores) => normalizeToMax(scores, false),
};

/** A term without any requirement matches nothing (API reference, NodeSelectorTerm). */
export function termMatches(term: DeepReadonly<NodeSelectorTerm>, node: NodeInfo): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((requirement) => requirementMatches(requirement, node.labels[requirement.key])) &&
    matchFields.every((requirement) =>
      requirementMatches(requirement, requirement.key === 'metadata.name' ? node.name : undefined),
    )
  );
}

function requirementMatches(requirement: DeepReadonly<NodeSelectorRequirement>, value: string | undefined): boolean {
  const { operator, values = [] } = requirement;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return isInteger(value) && isInteger(values[0]) && BigInt(value) > BigInt(values[0]);
    case 'Lt':
      return isInteger(value) && isInteger(values[0]) && BigInt(value) < BigInt(values[0]);
    default:
      return false;
  }
}

const isInteger = (text: string | undefined): text is string => text !== undefined && /^-?\d+$/.test(text);

import type { DeepReadonly, NodeSelectorRequirement, NodeSelectorTerm, Pod } from '@kubelab/api';
import { LruMap } from './lru-map.js';
import type { NodeInfo } from './node-info.js';

/** What a selector asks of a node: its labels and its name. */
export type NodeLike = Pick<NodeInfo, 'labels' | 'name'>;
export type NodeMatcher = (node: NodeLike) => boolean;

const matchers = new LruMap<string, NodeMatcher>(2_048);

/** `spec.nodeSelector` and the required node affinity as one question; undefined where the pod has neither. */
export function requiredNodes(pod: DeepReadonly<Pod>): NodeMatcher | undefined {
  const { nodeSelector, affinity } = pod.spec ?? {};
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!required && !hasAny(nodeSelector)) return undefined;
  const key = JSON.stringify([nodeSelector, required]);
  const known = matchers.get(key);
  if (known) return known;
  const labels = Object.entries(nodeSelector ?? {});
  const terms = required && matchesAnyTerm(required.nodeSelectorTerms);
  const matcher: NodeMatcher = (node) => {
    for (const [name, value] of labels) if (node.labels[name] !== value) return false;
    return terms === undefined || terms(node);
  };
  matchers.set(key, matcher);
  return matcher;
}

function hasAny(record: object | undefined): boolean {
  for (const _ in record) return true;
  return false;
}

/** Any of the terms is enough. */
export function matchesAnyTerm(terms: readonly DeepReadonly<NodeSelectorTerm>[]): NodeMatcher {
  const compiled = terms.map(matchesTerm);
  return (node) => {
    for (const term of compiled) if (term(node)) return true;
    return false;
  };
}

/** All of the term's requirements. A term without any matches nothing (API reference, NodeSelectorTerm). */
export function matchesTerm({ matchExpressions = [], matchFields = [] }: DeepReadonly<NodeSelectorTerm>): NodeMatcher {
  if (matchExpressions.length + matchFields.length === 0) return () => false;
  const requirements = [
    ...matchExpressions.map((requirement): NodeMatcher => {
      const { key } = requirement;
      const test = valueTest(requirement);
      return (node) => test(node.labels[key]);
    }),
    ...matchFields.map((requirement): NodeMatcher => {
      const test = valueTest(requirement);
      return requirement.key === 'metadata.name' ? (node) => test(node.name) : () => test(undefined);
    }),
  ];
  return (node) => {
    for (const requirement of requirements) if (!requirement(node)) return false;
    return true;
  };
}

function valueTest({
  operator,
  values = [],
}: DeepReadonly<NodeSelectorRequirement>): (value: string | undefined) => boolean {
  switch (operator) {
    case 'In':
      return (value) => value !== undefined && values.includes(value);
    case 'NotIn':
      return (value) => value === undefined || !values.includes(value);
    case 'Exists':
      return (value) => value !== undefined;
    case 'DoesNotExist':
      return (value) => value === undefined;
    case 'Gt':
    case 'Lt': {
      const [bound] = values;
      if (!isInteger(bound)) return () => false;
      const limit = BigInt(bound);
      return operator === 'Gt'
        ? (value) => isInteger(value) && BigInt(value) > limit
        : (value) => isInteger(value) && BigInt(value) < limit;
    }
    default:
      return () => false;
  }
}

const isInteger = (text: string | undefined): text is string => text !== undefined && /^-?\d+$/.test(text);

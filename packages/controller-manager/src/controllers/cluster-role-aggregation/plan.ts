import { type ClusterRole, type DeepReadonly, deepEqual, type PolicyRule, selectorFromObject } from '@kubelab/api';

type ReadonlyRole = DeepReadonly<ClusterRole>;

/**
 * The rules that an aggregated role shall have: those of every role that one of
 * its selectors matches, in the order of selectors and names, each rule once.
 * Undefined where it has them, or aggregates nothing.
 */
export function planAggregation(role: ReadonlyRole, roles: Iterable<ReadonlyRole>): PolicyRule[] | undefined {
  if (role.aggregationRule === undefined) return undefined;
  const byName = [...roles].sort((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1));
  const rules: DeepReadonly<PolicyRule>[] = [];
  for (const labelSelector of role.aggregationRule.clusterRoleSelectors ?? []) {
    const selector = selectorFromObject(labelSelector as Parameters<typeof selectorFromObject>[0]);
    for (const source of byName) {
      if (nameOf(source) === nameOf(role) || !selector.matches(source.metadata?.labels as Record<string, string>))
        continue;
      for (const rule of source.rules ?? []) if (!rules.some((other) => deepEqual(other, rule))) rules.push(rule);
    }
  }
  return deepEqual(rules, role.rules ?? []) ? undefined : structuredClone(rules as PolicyRule[]);
}

function nameOf({ metadata }: ReadonlyRole): string {
  return metadata?.name ?? '';
}

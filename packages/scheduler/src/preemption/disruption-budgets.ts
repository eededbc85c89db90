import { type PodDisruptionBudget, selectorFromObject } from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import type { PodInfo } from '../cluster/pod-info.js';

export type Budget = Cached<PodDisruptionBudget>;

/**
 * Which of the pods could not be disrupted without breaking a budget, when they
 * are taken in this order. A pod that a budget's status lists as disrupted
 * already costs it nothing more. A budget without a selector covers no pod.
 */
export function splitByBudgets(
  pods: readonly PodInfo[],
  budgets: readonly Budget[],
): { readonly violating: PodInfo[]; readonly others: PodInfo[] } {
  const violating: PodInfo[] = [];
  const others: PodInfo[] = [];
  const allowed = budgets.map(({ status }) => status?.disruptionsAllowed ?? 0);
  const selectors = budgets.map(({ spec }) => selectorFromObject(spec?.selector));
  for (const pod of pods) {
    let breaks = false;
    budgets.forEach(({ metadata, status }, index) => {
      const selector = selectors[index];
      if (metadata.namespace !== pod.namespace || !selector || selector.isEmpty || !selector.matches(pod.labels))
        return;
      if (Object.keys(pod.labels).length === 0) return;
      if (status?.disruptedPods?.[pod.pod.metadata.name] !== undefined) return;
      allowed[index] = (allowed[index] ?? 0) - 1;
      if ((allowed[index] ?? 0) < 0) breaks = true;
    });
    (breaks ? violating : others).push(pod);
  }
  return { violating, others };
}

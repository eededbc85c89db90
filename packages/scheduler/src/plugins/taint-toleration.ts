import type { DeepReadonly, Taint, Toleration } from '@kubelab/api';
import type { SchedulerCache } from '../cluster/cache.js';
import { isTolerated, untoleratedTaint } from '../cluster/taints.js';
import { nodeOf } from '../cluster-event.js';
import { normalizeToMax, type Plugin, type Rejection } from '../framework.js';

const NAME = 'TaintToleration';
const UNTOLERATED: Rejection = { reasons: ['node(s) had untolerated taint(s)'], unresolvable: true };

interface Tolerations {
  readonly relevant: readonly DeepReadonly<Toleration>[];
}

/** Keeps pods off nodes with taints that they do not tolerate; prefers nodes with fewer taints of effect PreferNoSchedule. */
export const taintToleration = (cache: Pick<SchedulerCache, 'taintedNodes'>): Plugin => ({
  name: NAME,
  filtersByNodeAlone: true,
  events: [
    {
      resource: 'Node',
      actions: ['Add', 'UpdateNodeTaint'],
      hint: (pod, event) =>
        untoleratedTaint((nodeOf(event).spec?.taints ?? []) as readonly Taint[], pod.tolerations) ? 'skip' : 'queue',
    },
    { resource: 'UnscheduledPod', actions: ['UpdatePodToleration'] },
  ],
  preFilter: () => (cache.taintedNodes === 0 ? 'skip' : undefined),
  filter(_, pod, node) {
    if (node.taints.length === 0 || untoleratedTaint(node.taints, pod.tolerations) === undefined) return undefined;
    return UNTOLERATED;
  },
  preScore(state, pod, nodes) {
    // Without such taints all nodes would score alike.
    if (cache.taintedNodes === 0 || !nodes.some((node) => node.taints.length > 0)) return 'skip';
    const relevant = pod.tolerations.filter(({ effect }) => !effect || effect === 'PreferNoSchedule');
    state.write<Tolerations>(NAME, { relevant });
    return undefined;
  },
  score(state, _, node) {
    if (node.taints.length === 0) return 0;
    const relevant = state.read<Tolerations>(NAME)?.relevant ?? [];
    let count = 0;
    for (const taint of node.taints) if (taint.effect === 'PreferNoSchedule' && !isTolerated(taint, relevant)) count++;
    return count;
  },
  normalize: (_, scores) => normalizeToMax(scores, true),
});

import type { SchedulerCache } from '../cluster/cache.js';
import { isTolerated } from '../cluster/taints.js';
import { nodeOf } from '../cluster-event.js';
import type { Plugin, Rejection } from '../framework.js';

const TAINT = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
const UNSCHEDULABLE: Rejection = { reasons: ['node(s) were unschedulable'], unresolvable: true };

/** Keeps pods off cordoned nodes, unless they tolerate the taint that stands for it. */
export const nodeUnschedulable = (cache: Pick<SchedulerCache, 'unschedulableNodes'>): Plugin => ({
  name: 'NodeUnschedulable',
  filtersByNodeAlone: true,
  events: [
    {
      resource: 'Node',
      actions: ['Add', 'UpdateNodeTaint'],
      hint: (pod, event) =>
        nodeOf(event).spec?.unschedulable && !isTolerated(TAINT, pod.tolerations) ? 'skip' : 'queue',
    },
    { resource: 'UnscheduledPod', actions: ['UpdatePodToleration'] },
  ],
  preFilter: () => (cache.unschedulableNodes === 0 ? 'skip' : undefined),
  filter(_, pod, node) {
    if (!node.unschedulable || isTolerated(TAINT, pod.tolerations)) return undefined;
    return UNSCHEDULABLE;
  },
});

import { tolerates } from '@kubelab/api';
import type { Plugin } from '../framework.js';

const TAINT = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** Keeps pods off cordoned nodes, unless they tolerate the taint that stands for it. */
export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  events: [{ event: 'NodeAdded' }, { event: 'NodeTaintChanged' }],
  filter(_, { pod }, { node }) {
    if (!node?.spec?.unschedulable) return undefined;
    if (pod.spec?.tolerations?.some((toleration) => tolerates(toleration, TAINT))) return undefined;
    return { reasons: ['node(s) were unschedulable'], unresolvable: true };
  },
};

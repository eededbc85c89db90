import { type DeepReadonly, type Taint, type Toleration, tolerates } from '@kubelab/api';
import { normalizeToMax, type Plugin } from '../framework.js';
import type { NodeInfo } from '../node-info.js';
import type { PodInfo } from '../pod-info.js';

const STATE = 'TaintToleration';

type Tolerations = readonly DeepReadonly<Toleration>[];

const firstUntolerated = (taints: readonly Taint[], tolerations: Tolerations, effects: readonly string[]) =>
  taints.find((taint) => effects.includes(taint.effect) && !tolerations.some((each) => tolerates(each, taint)));

function podTolerations(pod: PodInfo): Tolerations {
  return pod.pod.spec?.tolerations ?? [];
}

/** Keeps pods off nodes with taints that they do not tolerate; prefers nodes with fewer taints of effect PreferNoSchedule. */
export const taintToleration: Plugin = {
  name: 'TaintToleration',
  events: [{ event: 'NodeAdded' }, { event: 'NodeTaintChanged' }, { event: 'PendingPodChanged' }],
  filter(_, pod, node) {
    if (node.taints.length === 0) return undefined;
    const taint = firstUntolerated(node.taints, podTolerations(pod), ['NoSchedule', 'NoExecute']);
    if (taint === undefined) return undefined;
    return { reasons: [`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`], unresolvable: true };
  },
  preScore(state, pod, nodes) {
    if (!nodes.some((node) => node.taints.some((taint) => taint.effect === 'PreferNoSchedule'))) return 'skip';
    const relevant = podTolerations(pod).filter(({ effect }) => !effect || effect === 'PreferNoSchedule');
    state.set(STATE, relevant);
    return undefined;
  },
  score(state, _, node: NodeInfo) {
    const tolerations = (state.get(STATE) ?? []) as Tolerations;
    return node.taints.filter(
      (taint) => taint.effect === 'PreferNoSchedule' && !tolerations.some((each) => tolerates(each, taint)),
    ).length;
  },
  normalize: (scores) => normalizeToMax(scores, true),
};

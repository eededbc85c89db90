import type { Plugin } from '../framework.js';

/** A pod with scheduling gates waits until the last one is gone (KEP-3521). */
export const schedulingGates: Plugin = {
  name: 'SchedulingGates',
  events: [{ resource: 'UnscheduledPod', actions: ['UpdatePodSchedulingGatesEliminated'] }],
  preEnqueue({ pod }) {
    const gates = pod.spec?.schedulingGates;
    if (!gates?.length) return undefined;
    return {
      reasons: [`waiting for scheduling gates: [${gates.map(({ name }) => name).join(' ')}]`],
      unresolvable: true,
    };
  },
};

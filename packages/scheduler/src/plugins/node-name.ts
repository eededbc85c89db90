import type { Plugin } from '../framework.js';

/** A pod that names its node fits on no other. */
export const nodeName: Plugin = {
  name: 'NodeName',
  events: [{ event: 'NodeAdded' }],
  filter(_, { pod }, node) {
    const wanted = pod.spec?.nodeName;
    if (!wanted || wanted === node.name) return undefined;
    return { reasons: ["node(s) didn't match the requested node name"], unresolvable: true };
  },
};

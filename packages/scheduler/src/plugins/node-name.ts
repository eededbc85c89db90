import type { Plugin, Rejection } from '../framework.js';

const OTHER: Rejection = { reasons: ["node(s) didn't match the requested node name"], unresolvable: true };

/** A pod that names its node fits on no other. */
export const nodeName: Plugin = {
  name: 'NodeName',
  filtersByNodeAlone: true,
  events: [{ resource: 'Node', actions: ['Add'] }],
  preFilter: (_, { pod }) => (pod.spec?.nodeName ? undefined : 'skip'),
  filter: (_, { pod }, node) => (pod.spec?.nodeName === node.name ? undefined : OTHER),
};

import { createPodInfo, portsConflict } from '../cluster/pod-info.js';
import { podOf } from '../cluster-event.js';
import type { Plugin, Rejection } from '../framework.js';

const TAKEN: Rejection = {
  reasons: ["node(s) didn't have free ports for the requested pod ports"],
  unresolvable: false,
};

/** No two pods of a node may have the same host port. */
export const nodePorts: Plugin = {
  name: 'NodePorts',
  filtersByNodeAlone: true,
  events: [
    { resource: 'Node', actions: ['Add'] },
    {
      resource: 'AssignedPod',
      actions: ['Delete'],
      hint(waiting, event) {
        const freed = createPodInfo(podOf(event)).hostPorts;
        return freed.some((port) => waiting.hostPorts.some((wanted) => portsConflict(port, wanted))) ? 'queue' : 'skip';
      },
    },
  ],
  preFilter: (_, pod) => (pod.hostPorts.length === 0 ? 'skip' : undefined),
  filter(_, pod, node) {
    for (const port of pod.hostPorts) if (node.hasHostPort(port)) return TAKEN;
    return undefined;
  },
};

import type { Plugin } from '../framework.js';

/** No two pods of a node may have the same host port. */
export const nodePorts: Plugin = {
  name: 'NodePorts',
  events: [
    { event: 'NodeAdded' },
    {
      event: 'AssignedPodDeleted',
      hint: (waiting, event) =>
        event.kind === 'AssignedPodDeleted' &&
        (event.pod.spec?.containers ?? []).some((container) =>
          container.ports?.some((port) => waiting.hostPorts.some((wanted) => wanted.port === port.hostPort)),
        )
          ? 'queue'
          : 'skip',
    },
  ],
  preFilter: (_, pod) => (pod.hostPorts.length === 0 ? 'skip' : undefined),
  filter(_, pod, node) {
    if (!pod.hostPorts.some((port) => node.hasHostPort(port))) return undefined;
    return { reasons: ["node(s) didn't have free ports for the requested pod ports"], unresolvable: false };
  },
};

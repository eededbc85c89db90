import type { Plugin } from '../framework.js';

/** The pod of the highest priority first; of those the one that has waited longest. */
export const prioritySort: Plugin = {
  name: 'PrioritySort',
  events: [],
  less: (a, b) => a.pod.priority > b.pod.priority || (a.pod.priority === b.pod.priority && a.sinceMs < b.sinceMs),
};

import type { SchedulerCache } from './cache.js';
import type { EnabledPlugin, Plugin } from './framework.js';
import { imageLocality } from './plugins/image-locality.js';
import { nodeAffinity } from './plugins/node-affinity.js';
import { nodeName } from './plugins/node-name.js';
import { nodePorts } from './plugins/node-ports.js';
import { nodeResourcesBalancedAllocation } from './plugins/node-resources-balanced-allocation.js';
import { nodeResourcesFit } from './plugins/node-resources-fit.js';
import { nodeUnschedulable } from './plugins/node-unschedulable.js';
import { schedulingGates } from './plugins/scheduling-gates.js';
import { taintToleration } from './plugins/taint-toleration.js';

/** The plugins of the default profile, in the order in which they are asked, with Kubernetes' weights. */
export function defaultPlugins(cache: SchedulerCache): EnabledPlugin[] {
  const list: [Plugin, number][] = [
    [schedulingGates, 0],
    [nodeUnschedulable, 0],
    [nodeName, 0],
    [taintToleration, 3],
    [nodeAffinity, 2],
    [nodePorts, 0],
    [nodeResourcesFit, 1],
    [nodeResourcesBalancedAllocation, 1],
    [imageLocality(cache), 1],
  ];
  return list.map(([plugin, weight]) => ({ plugin, weight }));
}

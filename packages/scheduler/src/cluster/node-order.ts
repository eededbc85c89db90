import type { NodeInfo } from './node-info.js';

const REGION = 'topology.kubernetes.io/region';
const ZONE = 'topology.kubernetes.io/zone';

/** One node of each zone after the other, so that a search that ends early has seen all zones alike. */
export function orderByZone(nodes: Iterable<NodeInfo>): NodeInfo[] {
  const zones = new Map<string, NodeInfo[]>();
  let count = 0;
  for (const node of nodes) {
    const key = `${node.labels[REGION] ?? ''}\n${node.labels[ZONE] ?? ''}`;
    const zone = zones.get(key);
    if (zone) zone.push(node);
    else zones.set(key, [node]);
    count++;
  }
  const ordered: NodeInfo[] = [];
  for (let index = 0; ordered.length < count; index++)
    for (const zone of zones.values()) {
      const node = zone[index];
      if (node) ordered.push(node);
    }
  return ordered;
}

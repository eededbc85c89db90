import type { Node } from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import { readyStatus } from './plan.js';

/** Kubernetes' own: shares and sizes of `--unhealthy-zone-threshold` and `--large-cluster-size-threshold`. */
const UNHEALTHY_SHARE = 0.55;
const LARGE_ZONE = 50;
/** One node in so long begins to be evicted (`--node-eviction-rate`, `--secondary-node-eviction-rate`). */
const USUAL_PERIOD_MS = 10_000;
const SLOW_PERIOD_MS = 100_000;

/** How fast a zone's nodes may begin to be evicted. Infinity: not at all, and what has begun goes on. */
export interface EvictionPaces {
  /** No node at all is ready: then the fault is likely here, and every eviction is taken back. */
  readonly isSuspended: boolean;
  readonly periodMsOf: (node: Cached<Node>) => number;
}

export const zoneOf = ({ metadata: { labels } }: Cached<Node>): string =>
  `${labels?.['topology.kubernetes.io/region'] ?? ''}/${labels?.['topology.kubernetes.io/zone'] ?? ''}`;

/** As Kubernetes does it ("Nodes", section "Rate limits on eviction"). */
export function planPaces(nodes: Iterable<Cached<Node>>): EvictionPaces {
  const zones = new Map<string, { ready: number; unready: number }>();
  for (const node of nodes) {
    const zone = zones.get(zoneOf(node)) ?? { ready: 0, unready: 0 };
    zones.set(zoneOf(node), zone);
    if (readyStatus(node) === 'True') zone.ready += 1;
    else zone.unready += 1;
  }
  const isSuspended = [...zones.values()].every(({ ready }) => ready === 0);
  const periodMsOf = (node: Cached<Node>): number => {
    const { ready, unready } = zones.get(zoneOf(node)) ?? { ready: 0, unready: 0 };
    const isPartial = ready > 0 && unready > 2 && unready / (ready + unready) >= UNHEALTHY_SHARE;
    if (!isPartial) return USUAL_PERIOD_MS;
    return ready + unready > LARGE_ZONE ? SLOW_PERIOD_MS : Number.POSITIVE_INFINITY;
  };
  return { isSuspended, periodMsOf };
}

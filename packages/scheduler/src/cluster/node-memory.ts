import type { NodeInfo } from './node-info.js';
import type { Nominator } from './nominator.js';
import type { PodInfo } from './pod-info.js';

interface Remembered<T> {
  readonly node: NodeInfo;
  readonly nodeVersion: number;
  readonly nominations: number;
  readonly verdict: T;
}

/** For how many different pods verdicts are remembered; those for the one that has not come for longest go first. */
const MAX_KINDS = 8;

/**
 * Verdicts on nodes, for pods that ask for the same: a node is judged again only
 * once it, its pods or the pods nominated to it have changed. For pods of whom
 * all filters judge by the node alone.
 */
export class NodeMemory<T> {
  readonly #nominator: Nominator;
  /** By what a pod asks for, then by the node's slot. */
  readonly #kinds = new Map<string, (Remembered<T> | undefined)[]>();

  constructor(nominator: Nominator) {
    this.#nominator = nominator;
  }

  /** `judge`, but not again where nothing has changed since. `besides`: whatever else the verdict depends on. */
  remembering(pod: PodInfo, besides: readonly string[], judge: (node: NodeInfo) => T): (node: NodeInfo) => T {
    const remembered = this.#kind(kindOf(pod, besides));
    const own = this.#nominator.nodeOf(pod.uid);
    return (node) => {
      // The pod's own nomination counts for all others, and not for itself.
      if (node.name === own) return judge(node);
      const nominations = this.#nominator.versionOf(node.name);
      const known = remembered[node.slot];
      if (known?.node === node && known.nodeVersion === node.version && known.nominations === nominations)
        return known.verdict;
      const verdict = judge(node);
      remembered[node.slot] = { node, nodeVersion: node.version, nominations, verdict };
      return verdict;
    };
  }

  #kind(kind: string): (Remembered<T> | undefined)[] {
    const remembered = this.#kinds.get(kind) ?? [];
    this.#kinds.delete(kind);
    this.#kinds.set(kind, remembered);
    if (this.#kinds.size > MAX_KINDS) this.#kinds.delete(this.#kinds.keys().next().value as string);
    return remembered;
  }
}

/** All that filters which judge by the node alone read of the pod. */
function kindOf({ pod, priority, requests, hostPorts, tolerations }: PodInfo, besides: readonly string[]): string {
  const { schedulerName, nodeName, nodeSelector, affinity } = pod.spec ?? {};
  const wishes = [nodeName, nodeSelector, affinity?.nodeAffinity, requests, hostPorts, tolerations];
  return JSON.stringify([schedulerName, priority, wishes, besides]);
}

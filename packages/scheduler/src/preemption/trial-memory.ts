import type { NodeInfo } from '../cluster/node-info.js';
import type { Nominator } from '../cluster/nominator.js';
import type { PodInfo } from '../cluster/pod-info.js';
import type { FilterResult } from '../framework.js';
import type { Candidate } from './candidate.js';
import type { Budget } from './disruption-budgets.js';

export type TrialResult = Candidate | NonNullable<FilterResult>;

interface Remembered {
  readonly node: NodeInfo;
  readonly nodeVersion: number;
  readonly nominations: number;
  readonly result: TrialResult;
}

/** Of how many different pods trials are remembered; those of the one that has not come for longest go first. */
const MAX_KINDS = 8;

/**
 * What trials came to, for pods that ask for the same: a node is tried again only
 * once it, its pods or the pods nominated to it have changed. For pods of whom
 * all filters judge by the node alone.
 */
export class TrialMemory {
  readonly #nominator: Nominator;
  /** By what a pod asks for, then by the node's slot. */
  readonly #kinds = new Map<string, (Remembered | undefined)[]>();

  constructor(nominator: Nominator) {
    this.#nominator = nominator;
  }

  /** `tryNode`, but not again where nothing has changed since. */
  remembering(
    pod: PodInfo,
    budgets: readonly Budget[],
    tryNode: (node: NodeInfo) => TrialResult,
  ): (node: NodeInfo) => TrialResult {
    const remembered = this.#kind(kindOf(pod, budgets));
    const own = this.#nominator.nodeOf(pod.uid);
    return (node) => {
      // The pod's own nomination counts for all others, and not for itself.
      if (node.name === own) return tryNode(node);
      const nominations = this.#nominator.versionOf(node.name);
      const known = remembered[node.slot];
      if (known?.node === node && known.nodeVersion === node.version && known.nominations === nominations)
        return known.result;
      const result = tryNode(node);
      remembered[node.slot] = { node, nodeVersion: node.version, nominations, result };
      return result;
    };
  }

  #kind(kind: string): (Remembered | undefined)[] {
    const remembered = this.#kinds.get(kind) ?? [];
    this.#kinds.delete(kind);
    this.#kinds.set(kind, remembered);
    if (this.#kinds.size > MAX_KINDS) this.#kinds.delete(this.#kinds.keys().next().value as string);
    return remembered;
  }
}

/** All that a trial reads of the pod where its filters judge by the node alone, and of the budgets. */
function kindOf({ pod, priority, requests, hostPorts, tolerations }: PodInfo, budgets: readonly Budget[]): string {
  const { schedulerName, nodeName, nodeSelector, affinity } = pod.spec ?? {};
  const versions = budgets.map(({ metadata }) => `${metadata.uid}/${metadata.resourceVersion}`);
  const wishes = [nodeName, nodeSelector, affinity?.nodeAffinity, requests, hostPorts, tolerations];
  return JSON.stringify([schedulerName, priority, wishes, versions]);
}

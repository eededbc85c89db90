import { deepEqual, type Node, type Pod } from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import { AffinityTermIndex } from '../topology/affinity-term-index.js';
import { PodCountIndex } from '../topology/pod-count-index.js';
import { NodeInfo } from './node-info.js';
import { orderByZone } from './node-order.js';
import { createPodInfo, type PodInfo } from './pod-info.js';

const NO_LABELS: Readonly<Record<string, string>> = {};

interface Placement {
  readonly pod: PodInfo;
  readonly node: NodeInfo;
  readonly assumed: boolean;
}

/**
 * The nodes and the pods on them as the scheduler sees them now: what the
 * apiserver says, and on top of it the pods that are being bound. Changed one
 * pod or node at a time, counts by topology included, so that a decision's cost
 * does not grow with the cluster; decisions are made one after another, so they
 * read it as it is.
 */
export class SchedulerCache {
  readonly #infos = new Map<string, NodeInfo>();
  /** Nodes that exist, in the order in which filters visit them; undefined when it must be worked out. */
  #ordered: readonly NodeInfo[] | undefined;
  /** uid → where the pod is counted. */
  readonly #placed = new Map<string, Placement>();
  /** Image → how many nodes have it. */
  readonly #imageNodes = new Map<string, number>();
  readonly #freeSlots: number[] = [];
  #slots = 0;
  /** Claim `namespace/name` → pods that use it. */
  readonly #claimUsers = new Map<string, Map<string, PodInfo>>();
  readonly #namespaces = new Map<string, Readonly<Record<string, string>>>();
  readonly #namespaceLabels = (namespace: string) => this.#namespaces.get(namespace) ?? NO_LABELS;
  readonly counts = new PodCountIndex(() => this.#infos.values());
  readonly terms = new AffinityTermIndex(() => this.#infos.values(), this.#namespaceLabels);

  /** Replaced, not changed, when nodes come, go or move to another zone. */
  get nodes(): readonly NodeInfo[] {
    this.#ordered ??= orderByZone(this.#existing());
    return this.#ordered;
  }

  get podCount(): number {
    return this.#placed.size;
  }

  get assumedCount(): number {
    let count = 0;
    for (const { assumed } of this.#placed.values()) if (assumed) count++;
    return count;
  }

  /** One more than the largest slot of any node. */
  get slots(): number {
    return this.#slots;
  }

  /** Undefined where the node does not exist. */
  node(name: string): NodeInfo | undefined {
    const info = this.#infos.get(name);
    return info?.node === undefined ? undefined : info;
  }

  imageNodeCount(image: string): number {
    return this.#imageNodes.get(image) ?? 0;
  }

  /** Whether any node has listed an image: else none need be looked for. */
  get hasImages(): boolean {
    return this.#imageNodes.size > 0;
  }

  namespaceLabels(namespace: string): Readonly<Record<string, string>> {
    return this.#namespaceLabels(namespace);
  }

  /** Pods on nodes that use a claim, by its `namespace/name`. */
  claimUsers(claim: string): ReadonlyMap<string, PodInfo> | undefined {
    return this.#claimUsers.get(claim);
  }

  /** How many nodes have taints that keep pods away: mostly none, and then no pod need be asked what it tolerates. */
  taintedNodes = 0;
  /** How many nodes are cordoned. */
  unschedulableNodes = 0;

  setNamespace(name: string, labels: Readonly<Record<string, string>> | undefined): void {
    if (labels) this.#namespaces.set(name, labels);
    else this.#namespaces.delete(name);
    this.counts.namespacesChanged();
  }

  setNode(node: Cached<Node>): void {
    const info = this.#nodeInfo(node.metadata.name);
    const zoneBefore = info.node === undefined ? undefined : zoneOf(info);
    this.#countImages(info, -1);
    this.#countKeptAway(info, -1);
    const { labels, taints } = info;
    info.setNode(node);
    this.#countImages(info, 1);
    this.#countKeptAway(info, 1);
    if (zoneBefore !== zoneOf(info)) this.#ordered = undefined;
    // A heartbeat changes none of what is counted by.
    if (zoneBefore === undefined || !sameLabels(labels, info.labels) || !deepEqual(taints, info.taints)) {
      this.counts.nodeChanged(info);
      this.terms.nodeChanged(info);
    }
  }

  removeNode(name: string): void {
    const info = this.#infos.get(name);
    if (info?.node === undefined) return;
    this.#countImages(info, -1);
    this.#countKeptAway(info, -1);
    info.setNode(undefined);
    this.#ordered = undefined;
    this.counts.nodeChanged(info);
    this.terms.nodeChanged(info);
    this.#dropIfUnused(info);
  }

  /** A pod that the apiserver says is on a node. Confirms what was assumed. Returns how it is counted now. */
  setPod(pod: Cached<Pod>): PodInfo {
    const { uid } = pod.metadata;
    const present = this.#placed.get(uid);
    const info = createPodInfo(pod);
    const node = pod.spec?.nodeName ?? '';
    if (present?.node.name === node && sameToAll(present.pod, info)) {
      // The usual confirmation: nothing that is counted differs.
      present.node.replacePod(info);
      this.#placed.set(uid, { pod: info, node: present.node, assumed: false });
      for (const claim of info.claims) this.#claimUsers.get(`${info.namespace}/${claim.name}`)?.set(uid, info);
      return info;
    }
    this.#take(uid);
    this.#put(info, node, false);
    return info;
  }

  removePod(uid: string): void {
    this.#take(uid);
  }

  /** Counts the pod on the node from now on, before the apiserver has said so. */
  assume(pod: PodInfo, node: string): void {
    this.#put(pod, node, true);
  }

  /** Takes an assumption back. Does nothing once it is confirmed. */
  forget(uid: string): void {
    if (this.#placed.get(uid)?.assumed) this.#take(uid);
  }

  isPlaced(uid: string): boolean {
    return this.#placed.has(uid);
  }

  /** On a node as the apiserver says, and not only assumed to be. */
  isConfirmed(uid: string): boolean {
    return this.#placed.get(uid)?.assumed === false;
  }

  pod(uid: string): PodInfo | undefined {
    return this.#placed.get(uid)?.pod;
  }

  #put(pod: PodInfo, nodeName: string, assumed: boolean): void {
    const node = this.#nodeInfo(nodeName);
    node.addPod(pod);
    this.#placed.set(pod.uid, { pod, node, assumed });
    this.counts.podAdded(pod, node);
    this.terms.podAdded(pod, node);
    for (const claim of pod.claims) {
      const key = `${pod.namespace}/${claim.name}`;
      const users = this.#claimUsers.get(key);
      if (users) users.set(pod.uid, pod);
      else this.#claimUsers.set(key, new Map([[pod.uid, pod]]));
    }
  }

  #take(uid: string): void {
    const placed = this.#placed.get(uid);
    if (placed === undefined) return;
    const { pod, node } = placed;
    this.#placed.delete(uid);
    node.removePod(uid);
    this.counts.podRemoved(pod, node);
    this.terms.podRemoved(pod, node);
    for (const claim of pod.claims) {
      const key = `${pod.namespace}/${claim.name}`;
      const users = this.#claimUsers.get(key);
      users?.delete(uid);
      if (users?.size === 0) this.#claimUsers.delete(key);
    }
    this.#dropIfUnused(node);
  }

  #dropIfUnused(info: NodeInfo): void {
    if (info.node !== undefined || info.pods.size > 0) return;
    this.#infos.delete(info.name);
    this.counts.slotFreed(info.slot);
    this.terms.slotFreed(info.slot);
    this.#freeSlots.push(info.slot);
  }

  #nodeInfo(name: string): NodeInfo {
    const present = this.#infos.get(name);
    if (present) return present;
    const info = new NodeInfo(name, this.#freeSlots.pop() ?? this.#slots++);
    this.#infos.set(name, info);
    return info;
  }

  *#existing(): Iterable<NodeInfo> {
    for (const info of this.#infos.values()) if (info.node !== undefined) yield info;
  }

  #countKeptAway(info: NodeInfo, sign: 1 | -1): void {
    if (info.taints.length > 0) this.taintedNodes += sign;
    if (info.unschedulable) this.unschedulableNodes += sign;
  }

  #countImages(info: NodeInfo, sign: 1 | -1): void {
    for (const image of info.imageBytes.keys()) {
      const count = (this.#imageNodes.get(image) ?? 0) + sign;
      if (count > 0) this.#imageNodes.set(image, count);
      else this.#imageNodes.delete(image);
    }
  }
}

function zoneOf({ labels }: NodeInfo): string {
  return `${labels['topology.kubernetes.io/region'] ?? ''}\n${labels['topology.kubernetes.io/zone'] ?? ''}`;
}

function sameLabels(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  if (a === b) return true;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

/** Whether nothing of the pod that is counted differs. */
function sameToAll(a: PodInfo, b: PodInfo): boolean {
  return (
    a.isTerminating === b.isTerminating &&
    sameLabels(a.labels, b.labels) &&
    a.requests.milliCpu === b.requests.milliCpu &&
    a.requests.memoryBytes === b.requests.memoryBytes &&
    a.requests.ephemeralStorageBytes === b.requests.ephemeralStorageBytes &&
    a.nonZero.milliCpu === b.nonZero.milliCpu &&
    a.nonZero.memoryBytes === b.nonZero.memoryBytes &&
    a.affinity === b.affinity &&
    // Few pods have any of these; what is not plainly the same is counted anew.
    a.requests.scalars.length + b.requests.scalars.length === 0 &&
    a.hostPorts.length + b.hostPorts.length === 0
  );
}

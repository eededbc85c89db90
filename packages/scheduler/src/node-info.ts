import { type Node, resourceAmounts, type Taint } from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import type { HostPort, PodInfo } from './pod-info.js';

/** A node and what runs on it, kept up to date pod by pod. */
export class NodeInfo {
  readonly name: string;
  /** By uid; the ones that are only assumed to be bound as well. */
  readonly pods = new Map<string, PodInfo>();
  readonly requested: Record<string, number> = {};
  readonly nonZeroRequested = { cpu: 0, memory: 0 };
  #node: Cached<Node> | undefined;
  #allocatable: Readonly<Record<string, number>> = {};
  #taints: readonly Taint[] = [];
  #imageBytes: ReadonlyMap<string, number> | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** Undefined while only its pods are known. */
  get node(): Cached<Node> | undefined {
    return this.#node;
  }

  get allocatable(): Readonly<Record<string, number>> {
    return this.#allocatable;
  }

  get taints(): readonly Taint[] {
    return this.#taints;
  }

  get labels(): Readonly<Record<string, string>> {
    return this.#node?.metadata.labels ?? {};
  }

  /** Image name → its size. Read from the node's status when first asked. */
  get imageBytes(): ReadonlyMap<string, number> {
    this.#imageBytes ??= new Map(
      (this.#node?.status?.images ?? []).flatMap(({ names = [], sizeBytes = 0 }) =>
        names.map((name): [string, number] => [name, sizeBytes]),
      ),
    );
    return this.#imageBytes;
  }

  setNode(node: Cached<Node> | undefined): void {
    this.#node = node;
    this.#allocatable = resourceAmounts(node?.status?.allocatable ?? node?.status?.capacity);
    this.#taints = (node?.spec?.taints ?? []) as readonly Taint[];
    this.#imageBytes = undefined;
  }

  addPod(pod: PodInfo): void {
    if (this.pods.has(pod.uid)) return;
    this.pods.set(pod.uid, pod);
    this.#count(pod, 1);
  }

  removePod(uid: string): void {
    const pod = this.pods.get(uid);
    if (pod === undefined) return;
    this.pods.delete(uid);
    this.#count(pod, -1);
  }

  /** Whether a pod here already has the port. 0.0.0.0 stands for all addresses. */
  hasHostPort(wanted: HostPort): boolean {
    for (const pod of this.pods.values())
      for (const used of pod.hostPorts)
        if (
          used.port === wanted.port &&
          used.protocol === wanted.protocol &&
          (used.ip === wanted.ip || used.ip === '0.0.0.0' || wanted.ip === '0.0.0.0')
        )
          return true;
    return false;
  }

  #count(pod: PodInfo, sign: 1 | -1): void {
    for (const [name, amount] of Object.entries(pod.requests))
      this.requested[name] = (this.requested[name] ?? 0) + sign * amount;
    this.nonZeroRequested.cpu += sign * pod.nonZeroRequests.cpu;
    this.nonZeroRequested.memory += sign * pod.nonZeroRequests.memory;
  }
}

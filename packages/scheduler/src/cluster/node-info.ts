import type { Node, Taint } from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import { type HostPort, type PodInfo, portsConflict } from './pod-info.js';
import { nodeAmounts, type Requests } from './pod-requests.js';

const NO_LABELS: Readonly<Record<string, string>> = {};
const NO_TAINTS: readonly Taint[] = [];
const NO_SCALARS: ReadonlyMap<string, number> = new Map();
const NO_IMAGES: ReadonlyMap<string, number> = new Map();

/**
 * A node and what runs on it, kept up to date pod by pod. What filters and
 * scores read of every node are plain fields: they are the hot path.
 */
export class NodeInfo {
  readonly name: string;
  /** Small, dense, given again when the node is gone: counts by node are arrays. */
  readonly slot: number;
  /** By uid; the ones that are only assumed to be bound as well. */
  readonly pods = new Map<string, PodInfo>();
  /** Another whenever anything here has changed. */
  version = 0;
  /** Undefined while only its pods are known. */
  node: Cached<Node> | undefined;
  labels: Readonly<Record<string, string>> = NO_LABELS;
  taints: readonly Taint[] = NO_TAINTS;
  unschedulable = false;
  allocatableMilliCpu = 0;
  allocatableMemoryBytes = 0;
  allocatableEphemeralStorageBytes = 0;
  allocatablePods = 0;
  allocatableScalars: ReadonlyMap<string, number> = NO_SCALARS;
  requestedMilliCpu = 0;
  requestedMemoryBytes = 0;
  requestedEphemeralStorageBytes = 0;
  readonly requestedScalars = new Map<string, number>();
  nonZeroMilliCpu = 0;
  nonZeroMemoryBytes = 0;
  #imageBytes: ReadonlyMap<string, number> | undefined;
  /** How many of its pods have a host port: mostly none. */
  #podsWithPorts = 0;

  constructor(name: string, slot: number) {
    this.name = name;
    this.slot = slot;
  }

  /** Image name → its size. Read from the node's status when first asked. */
  get imageBytes(): ReadonlyMap<string, number> {
    if (this.#imageBytes === undefined) {
      const images = this.node?.status?.images;
      this.#imageBytes = images?.length
        ? new Map(
            images.flatMap(({ names = [], sizeBytes = 0 }) => names.map((name): [string, number] => [name, sizeBytes])),
          )
        : NO_IMAGES;
    }
    return this.#imageBytes;
  }

  setNode(node: Cached<Node> | undefined): void {
    this.node = node;
    this.labels = node?.metadata.labels ?? NO_LABELS;
    this.taints = (node?.spec?.taints ?? NO_TAINTS) as readonly Taint[];
    this.unschedulable = node?.spec?.unschedulable === true;
    const allocatable = nodeAmounts(node?.status?.allocatable ?? node?.status?.capacity);
    this.allocatableMilliCpu = allocatable.milliCpu;
    this.allocatableMemoryBytes = allocatable.memoryBytes;
    this.allocatableEphemeralStorageBytes = allocatable.ephemeralStorageBytes;
    this.allocatablePods = allocatable.pods;
    this.allocatableScalars = allocatable.scalars.length === 0 ? NO_SCALARS : new Map(allocatable.scalars);
    this.#imageBytes = undefined;
    this.version++;
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

  /** A pod that is here, as it is now; nothing of it that is counted differs. */
  replacePod(pod: PodInfo): void {
    this.pods.set(pod.uid, pod);
    this.version++;
  }

  /** Whether a pod here already has the port. */
  hasHostPort(wanted: HostPort): boolean {
    if (this.#podsWithPorts === 0) return false;
    for (const pod of this.pods.values())
      for (const used of pod.hostPorts) if (portsConflict(used, wanted)) return true;
    return false;
  }

  /** The allocatable amount of any resource by name, cpu in thousandths. */
  allocatable(resource: string): number {
    switch (resource) {
      case 'cpu':
        return this.allocatableMilliCpu;
      case 'memory':
        return this.allocatableMemoryBytes;
      case 'ephemeral-storage':
        return this.allocatableEphemeralStorageBytes;
      default:
        return this.allocatableScalars.get(resource) ?? 0;
    }
  }

  /** What its pods ask of any resource by name; with `nonZero`, as scores count cpu and memory. */
  requested(resource: string, nonZero: boolean): number {
    switch (resource) {
      case 'cpu':
        return nonZero ? this.nonZeroMilliCpu : this.requestedMilliCpu;
      case 'memory':
        return nonZero ? this.nonZeroMemoryBytes : this.requestedMemoryBytes;
      case 'ephemeral-storage':
        return this.requestedEphemeralStorageBytes;
      default:
        return this.requestedScalars.get(resource) ?? 0;
    }
  }

  /** For a trial: pods come and go in the copy, and the original is as before. */
  clone(): NodeInfo {
    const copy = new NodeInfo(this.name, this.slot);
    copy.version = this.version;
    copy.node = this.node;
    copy.labels = this.labels;
    copy.taints = this.taints;
    copy.unschedulable = this.unschedulable;
    copy.allocatableMilliCpu = this.allocatableMilliCpu;
    copy.allocatableMemoryBytes = this.allocatableMemoryBytes;
    copy.allocatableEphemeralStorageBytes = this.allocatableEphemeralStorageBytes;
    copy.allocatablePods = this.allocatablePods;
    copy.allocatableScalars = this.allocatableScalars;
    copy.requestedMilliCpu = this.requestedMilliCpu;
    copy.requestedMemoryBytes = this.requestedMemoryBytes;
    copy.requestedEphemeralStorageBytes = this.requestedEphemeralStorageBytes;
    for (const [name, amount] of this.requestedScalars) copy.requestedScalars.set(name, amount);
    copy.nonZeroMilliCpu = this.nonZeroMilliCpu;
    copy.nonZeroMemoryBytes = this.nonZeroMemoryBytes;
    copy.#imageBytes = this.#imageBytes;
    copy.#podsWithPorts = this.#podsWithPorts;
    for (const [uid, pod] of this.pods) copy.pods.set(uid, pod);
    return copy;
  }

  #count(pod: PodInfo, sign: 1 | -1): void {
    this.version++;
    const { requests, nonZero } = pod;
    this.requestedMilliCpu += sign * requests.milliCpu;
    this.requestedMemoryBytes += sign * requests.memoryBytes;
    this.requestedEphemeralStorageBytes += sign * requests.ephemeralStorageBytes;
    for (const [name, amount] of requests.scalars)
      this.requestedScalars.set(name, (this.requestedScalars.get(name) ?? 0) + sign * amount);
    this.nonZeroMilliCpu += sign * nonZero.milliCpu;
    this.nonZeroMemoryBytes += sign * nonZero.memoryBytes;
    if (pod.hostPorts.length > 0) this.#podsWithPorts += sign;
  }
}

/** What a pod asks of any resource by name; with `nonZero`, as scores count cpu and memory. */
export function podRequested(pod: PodInfo, resource: string, nonZero: boolean): number {
  switch (resource) {
    case 'cpu':
      return nonZero ? pod.nonZero.milliCpu : pod.requests.milliCpu;
    case 'memory':
      return nonZero ? pod.nonZero.memoryBytes : pod.requests.memoryBytes;
    case 'ephemeral-storage':
      return pod.requests.ephemeralStorageBytes;
    default:
      return scalarOf(pod.requests, resource);
  }
}

function scalarOf({ scalars }: Requests, resource: string): number {
  for (const [name, amount] of scalars) if (name === resource) return amount;
  return 0;
}

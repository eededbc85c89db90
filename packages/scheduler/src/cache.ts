import type { Node, Pod } from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import { NodeInfo } from './node-info.js';
import { createPodInfo, type PodInfo } from './pod-info.js';

/**
 * The nodes and the pods on them as the scheduler sees them now: what the
 * apiserver says, and on top of it the pods that are being bound. Changed one
 * pod or node at a time, so that a decision's cost does not grow with the
 * cluster; decisions are made one after another, so they read it as it is.
 */
export class SchedulerCache {
  readonly #nodes = new Map<string, NodeInfo>();
  /** Nodes that exist, in the order in which filters visit them. */
  #ready: NodeInfo[] = [];
  /** uid → where the pod is counted. */
  readonly #placed = new Map<string, { readonly node: string; readonly assumed: boolean }>();
  /** Image → how many nodes have it. */
  readonly #imageNodes = new Map<string, number>();

  get nodes(): readonly NodeInfo[] {
    return this.#ready;
  }

  get podCount(): number {
    return this.#placed.size;
  }

  imageNodeCount(image: string): number {
    return this.#imageNodes.get(image) ?? 0;
  }

  setNode(node: Cached<Node>): void {
    const info = this.#nodeInfo(node.metadata.name);
    const isNew = info.node === undefined;
    this.#countImages(info, -1);
    info.setNode(node);
    this.#countImages(info, 1);
    if (isNew) this.#ready = [...this.#ready, info];
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name);
    if (info === undefined) return;
    this.#countImages(info, -1);
    info.setNode(undefined);
    this.#ready = this.#ready.filter((each) => each !== info);
    if (info.pods.size === 0) this.#nodes.delete(name);
  }

  /** A pod that the apiserver says is on a node. Confirms what was assumed. */
  setPod(pod: Cached<Pod>): void {
    const node = pod.spec?.nodeName ?? '';
    this.#take(pod.metadata.uid);
    this.#put(createPodInfo(pod), node, false);
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

  #put(pod: PodInfo, node: string, assumed: boolean): void {
    this.#nodeInfo(node).addPod(pod);
    this.#placed.set(pod.uid, { node, assumed });
  }

  #take(uid: string): void {
    const placed = this.#placed.get(uid);
    if (placed === undefined) return;
    this.#placed.delete(uid);
    const info = this.#nodes.get(placed.node);
    info?.removePod(uid);
    if (info?.node === undefined && info?.pods.size === 0) this.#nodes.delete(placed.node);
  }

  #nodeInfo(name: string): NodeInfo {
    const present = this.#nodes.get(name);
    if (present) return present;
    const info = new NodeInfo(name);
    this.#nodes.set(name, info);
    return info;
  }

  #countImages(info: NodeInfo, sign: 1 | -1): void {
    for (const image of info.imageBytes.keys()) {
      const count = (this.#imageNodes.get(image) ?? 0) + sign;
      if (count > 0) this.#imageNodes.set(image, count);
      else this.#imageNodes.delete(image);
    }
  }
}

import type { PodInfo } from './pod-info.js';

/** Pods that are to have a node once its victims have left: others leave their place to them. */
export class Nominator {
  readonly #nodeOf = new Map<string, string>();
  readonly #podsOf = new Map<string, Map<string, PodInfo>>();
  /** Of each node that has any, when they last changed. */
  readonly #versionOf = new Map<string, number>();
  #changes = 0;

  get size(): number {
    return this.#nodeOf.size;
  }

  nodeOf(uid: string): string | undefined {
    return this.#nodeOf.get(uid);
  }

  /** Asked of every node for every pod while there are any: mostly there are none on it. */
  podsOn(node: string): Iterable<PodInfo> | undefined {
    return this.#podsOf.get(node)?.values();
  }

  /** Another whenever the pods nominated to the node are others; 0 where there are none. */
  versionOf(node: string): number {
    return this.#versionOf.get(node) ?? 0;
  }

  set(pod: PodInfo, node: string): void {
    this.delete(pod.uid);
    this.#nodeOf.set(pod.uid, node);
    const present = this.#podsOf.get(node);
    if (present) present.set(pod.uid, pod);
    else this.#podsOf.set(node, new Map([[pod.uid, pod]]));
    this.#versionOf.set(node, ++this.#changes);
  }

  delete(uid: string): void {
    const node = this.#nodeOf.get(uid);
    if (node === undefined) return;
    this.#nodeOf.delete(uid);
    const pods = this.#podsOf.get(node);
    pods?.delete(uid);
    this.#versionOf.set(node, ++this.#changes);
    if (pods?.size !== 0) return;
    this.#podsOf.delete(node);
    this.#versionOf.delete(node);
  }
}

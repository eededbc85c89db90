import type { ContainerCache } from '../container-cache.js';
import type { HollowEngine } from './hollow-engine.js';
import type { PodIdentity, RuntimeContainer } from './runtime.js';

/** What is known of a hollow node's containers is what there is: the engine is in this process. */
export class HollowCache implements ContainerCache {
  #handler: ((podUid: string) => void) | undefined;

  constructor(private readonly engine: HollowEngine) {}

  /** What the node's runtime tells of. */
  changed(podUid: string): void {
    this.#handler?.(podUid);
  }

  onChange(handler: (podUid: string) => void): void {
    this.#handler = handler;
  }

  of(podUid: string): readonly RuntimeContainer[] {
    return this.engine.of(podUid);
  }

  get(id: string): RuntimeContainer | undefined {
    return this.engine.find(id);
  }

  /** Nothing is here but for pods that the apiserver knows: the process has no other memory. */
  pods(): readonly PodIdentity[] {
    return [];
  }

  async run(): Promise<void> {}
  async synced(): Promise<void> {}
  put(): void {}
  drop(): void {}

  failure(): undefined {
    return undefined;
  }
}

import type { QueuedPod } from './queued-pod.js';

const NONE: ReadonlySet<string> = new Set();

/** Pods that no node fits, oldest first, and by the plugins that rejected them: an event is for a few plugins only. */
export class UnschedulablePods {
  readonly #pods = new Map<string, QueuedPod>();
  readonly #byPlugin = new Map<string, Set<string>>();

  get size(): number {
    return this.#pods.size;
  }

  get(uid: string): QueuedPod | undefined {
    return this.#pods.get(uid);
  }

  /** The one that has waited longest. */
  get oldest(): QueuedPod | undefined {
    const [first] = this.#pods.values();
    return first;
  }

  set(entry: QueuedPod): void {
    const { uid } = entry.pod;
    // One that has only changed keeps its place in time.
    if (this.#pods.get(uid)?.rejectedBy === entry.rejectedBy) {
      this.#pods.set(uid, entry);
      return;
    }
    this.delete(uid);
    this.#pods.set(uid, entry);
    for (const plugin of entry.rejectedBy) {
      const uids = this.#byPlugin.get(plugin);
      if (uids) uids.add(uid);
      else this.#byPlugin.set(plugin, new Set([uid]));
    }
  }

  delete(uid: string): boolean {
    const entry = this.#pods.get(uid);
    if (entry === undefined) return false;
    this.#pods.delete(uid);
    for (const plugin of entry.rejectedBy) {
      const uids = this.#byPlugin.get(plugin);
      uids?.delete(uid);
      if (uids?.size === 0) this.#byPlugin.delete(plugin);
    }
    return true;
  }

  rejectedBy(plugin: string): ReadonlySet<string> {
    return this.#byPlugin.get(plugin) ?? NONE;
  }

  get counts(): ReadonlyMap<string, number> {
    return new Map([...this.#byPlugin].map(([plugin, uids]) => [plugin, uids.size]));
  }
}

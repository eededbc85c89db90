import type { Clock } from '@kubelab/runtime';
import type { PodInfo } from '../cluster/pod-info.js';

/** Undefined: allowed. */
export type Permission = { readonly plugin: string; readonly reason: string } | undefined;

interface Waiting {
  readonly pod: PodInfo;
  /** Plugins that have yet to allow it, with what cancels their time-outs. */
  readonly pending: Map<string, () => void>;
  readonly settle: (permission: Permission) => void;
}

/** No plugin makes a pod wait longer. */
const MAX_WAIT_MS = 15 * 60_000;

/** Pods that have a node and wait for a plugin's permission to be bound to it. */
export class WaitingPods {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Waiting>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Those that wait now: a plugin that lets pods go together looks here for the others. */
  list(): readonly PodInfo[] {
    return [...this.#waiting.values()].map(({ pod }) => pod);
  }

  /** Resolves once every plugin has allowed the pod, or one has rejected it, or its time is over, or with the signal. */
  wait(pod: PodInfo, waits: ReadonlyMap<string, number>, signal: AbortSignal): Promise<Permission> {
    return new Promise((resolve) => {
      const pending = new Map<string, () => void>();
      const onAbort = () => this.reject(pod.uid, '', 'the scheduler stops');
      const settle = (permission: Permission) => {
        for (const cancel of pending.values()) cancel();
        this.#waiting.delete(pod.uid);
        signal.removeEventListener('abort', onAbort);
        resolve(permission);
      };
      this.#waiting.set(pod.uid, { pod, pending, settle });
      signal.addEventListener('abort', onAbort, { once: true });
      for (const [plugin, waitMs] of waits) {
        const timeOut = () =>
          this.reject(pod.uid, plugin, `rejected due to timeout after waiting ${waitMs}ms at plugin ${plugin}`);
        pending.set(plugin, this.#clock.setTimeout(timeOut, Math.min(waitMs, MAX_WAIT_MS)));
      }
      if (signal.aborted) onAbort();
    });
  }

  /** False where the pod does not wait. */
  allow(uid: string, plugin: string): boolean {
    const waiting = this.#waiting.get(uid);
    if (waiting === undefined) return false;
    waiting.pending.get(plugin)?.();
    waiting.pending.delete(plugin);
    if (waiting.pending.size === 0) waiting.settle(undefined);
    return true;
  }

  /** False where the pod does not wait. */
  reject(uid: string, plugin: string, reason: string): boolean {
    const waiting = this.#waiting.get(uid);
    waiting?.settle({ plugin, reason });
    return waiting !== undefined;
  }
}

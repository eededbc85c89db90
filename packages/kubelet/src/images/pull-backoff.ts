import type { Clock } from '@kubelab/runtime';

const INITIAL_MS = 10_000;
const MAX_MS = 300_000;

export interface PullBackoff {
  /** Undefined: a pull may be tried now. */
  waiting(podUid: string, image: string): { readonly untilMs: number; readonly error: string } | undefined;
  /** Returns when the next one may be tried. */
  failed(podUid: string, image: string, error: string): number;
  succeeded(podUid: string, image: string): void;
  forget(podUid: string): void;
}

interface Entry {
  readonly delayMs: number;
  readonly untilMs: number;
  readonly error: string;
}

/** Failed pulls of each pod and image: 10 s, doubling to 5 min. */
export function createPullBackoff(clock: Clock): PullBackoff {
  const entries = new Map<string, Map<string, Entry>>();
  return {
    waiting(podUid, image) {
      const entry = entries.get(podUid)?.get(image);
      return entry && entry.untilMs > clock.now() ? entry : undefined;
    },
    failed(podUid, image, error) {
      const ofPod = entries.get(podUid) ?? new Map<string, Entry>();
      entries.set(podUid, ofPod);
      const delayMs = Math.min(MAX_MS, (ofPod.get(image)?.delayMs ?? INITIAL_MS / 2) * 2);
      const untilMs = clock.now() + delayMs;
      ofPod.set(image, { delayMs, untilMs, error });
      return untilMs;
    },
    succeeded: (podUid, image) => void entries.get(podUid)?.delete(image),
    forget: (podUid) => void entries.delete(podUid),
  };
}

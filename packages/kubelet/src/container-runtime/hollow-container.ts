import { CONTAINER_ANNOTATIONS } from '../pod-worker/pod-state.js';
import type { PodIdentity, RuntimeContainer } from './runtime.js';

/** How many characters a pod's uid has. */
const UID_LENGTH = 36;

export interface HollowContainerStart {
  readonly pod: PodIdentity;
  readonly role: RuntimeContainer['role'];
  readonly name: string;
  readonly restartCount: number;
  /** Of the sandbox that it is in. */
  readonly sandboxAttempt: number;
  readonly hash: string;
  readonly restartDelayMs: number;
  readonly image: string;
  readonly imageId: string;
  readonly createdAtMs: number;
}

/**
 * A container that is only said to be there. It changes in place, and holds no
 * more than cannot be worked out: there may be a hundred thousand.
 */
export class HollowContainer implements RuntimeContainer {
  readonly pod: PodIdentity;
  readonly role: RuntimeContainer['role'];
  readonly name: string;
  readonly restartCount: number;
  readonly image: string;
  readonly imageId: string;
  readonly createdAtMs: number;
  startedAtMs = 0;
  finishedAtMs = 0;
  exitCode = 0;
  error = '';
  ready = true;
  readonly #sandboxAttempt: number;
  readonly #hash: string;
  readonly #restartDelayMs: number;

  constructor(start: HollowContainerStart) {
    this.pod = start.pod;
    this.role = start.role;
    this.name = start.name;
    this.restartCount = start.restartCount;
    this.image = start.image;
    this.imageId = start.imageId;
    this.createdAtMs = start.createdAtMs;
    this.#sandboxAttempt = start.sandboxAttempt;
    this.#hash = start.hash;
    this.#restartDelayMs = start.restartDelayMs;
  }

  /** Says whose it is: the pod's uid, its name, how often it was made. */
  get id(): string {
    return this.role === 'sandbox'
      ? sandboxId(this.pod.uid, this.restartCount)
      : `${this.pod.uid}.${this.name}.${this.restartCount}`;
  }

  get annotations(): Readonly<Record<string, string>> {
    if (this.role === 'sandbox') return {};
    return {
      [CONTAINER_ANNOTATIONS.sandbox]: sandboxId(this.pod.uid, this.#sandboxAttempt),
      [CONTAINER_ANNOTATIONS.hash]: this.#hash,
      [CONTAINER_ANNOTATIONS.restartDelayMs]: String(this.#restartDelayMs),
    };
  }

  get state(): RuntimeContainer['state'] {
    if (this.finishedAtMs > 0) return 'exited';
    return this.startedAtMs > 0 ? 'running' : 'created';
  }

  /** There is no process. */
  get pid(): number {
    return 0;
  }

  get oomKilled(): boolean {
    return false;
  }

  get tty(): boolean {
    return false;
  }

  get stopSignal(): string {
    return 'SIGTERM';
  }
}

export function sandboxId(podUid: string, attempt: number): string {
  return `${podUid}.${attempt}`;
}

/** The attempt that a sandbox's id tells. */
export function sandboxAttemptOf(id: string): number {
  return Number(id.slice(UID_LENGTH + 1));
}

/** The uid of the pod that a container's or a sandbox's id tells. */
export function podUidOf(id: string): string {
  return id.slice(0, UID_LENGTH);
}

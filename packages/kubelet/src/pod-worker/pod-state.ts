import type { RuntimeContainer } from '../container-runtime/runtime.js';

/** What the engine has of one pod, in order. */
export interface PodState {
  /** The newest one, running or not. */
  readonly sandbox: RuntimeContainer | undefined;
  /** Older ones; nothing needs them. */
  readonly oldSandboxes: readonly RuntimeContainer[];
  /** By container name, newest first. */
  readonly containers: ReadonlyMap<string, readonly RuntimeContainer[]>;
}

/** Names of what the kubelet keeps with a container, beyond its labels of identity. */
export const CONTAINER_ANNOTATIONS = {
  /** Id of the sandbox that it was started in. */
  sandbox: 'sandbox',
  /** Hash of what a change of which restarts it. */
  hash: 'hash',
  /** How long to wait after its end before the next one is started. */
  restartDelayMs: 'restart-delay-ms',
} as const;

export function toPodState(containers: readonly RuntimeContainer[]): PodState {
  const sandboxes = containers.filter(({ role }) => role === 'sandbox').sort(newestFirst);
  const byName = new Map<string, RuntimeContainer[]>();
  for (const container of containers) {
    if (container.role !== 'container') continue;
    const others = byName.get(container.name);
    if (others) others.push(container);
    else byName.set(container.name, [container]);
  }
  for (const instances of byName.values()) instances.sort(newestFirst);
  return { sandbox: sandboxes[0], oldSandboxes: sandboxes.slice(1), containers: byName };
}

function newestFirst(a: RuntimeContainer, b: RuntimeContainer): number {
  return b.restartCount - a.restartCount || b.createdAtMs - a.createdAtMs;
}

/** The newest instance of a container, in whatever sandbox. */
export function latest(state: PodState, name: string): RuntimeContainer | undefined {
  return state.containers.get(name)?.[0];
}

/** The newest instance if it was started in the sandbox that runs now. */
export function current(state: PodState, name: string): RuntimeContainer | undefined {
  const container = latest(state, name);
  const runsNow = state.sandbox?.state === 'running';
  return runsNow && container?.annotations[CONTAINER_ANNOTATIONS.sandbox] === state.sandbox?.id ? container : undefined;
}

export function allContainers(state: PodState): readonly RuntimeContainer[] {
  return [...state.containers.values()].flat();
}

import type { ContainerRuntime } from '../container-runtime/runtime.js';
import type { ReadonlyContainer } from '../pod.js';

/** What one attempt of a probe has found. `error`: it could not be made, which counts neither way. */
export interface ProbeAttempt {
  readonly outcome: 'success' | 'failure' | 'error';
  /** For people: the output of the command, or why there was no good answer. */
  readonly output: string;
}

export interface ProbeTarget {
  readonly runtime: ContainerRuntime;
  readonly containerId: string;
  readonly container: ReadonlyContainer;
  readonly podIP: string;
}

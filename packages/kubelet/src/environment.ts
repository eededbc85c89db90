import type { DeepReadonly, Service } from '@kubelab/api';
import type { NodeFacts, ObjectLookups } from './object-lookups.js';
import type { ReadonlyContainer, ReadonlyPod } from './pod.js';

export interface EnvironmentVariable {
  readonly name: string;
  readonly value: string;
}

/** Everything that a container's environment can be made from. */
export interface EnvironmentSource {
  readonly lookups: ObjectLookups;
  readonly node: NodeFacts;
  /** The pod's own; first is status.podIP. */
  readonly podIPs: readonly string[];
  /** All Services known; those that make variables are chosen by `expandEnvironment`. */
  readonly services: Iterable<DeepReadonly<Service>>;
  /** Told of what was left out: a Warning event on the pod (`InvalidEnvironmentVariableNames`). */
  readonly warn?: (reason: string, message: string) => void;
}

/**
 * The environment of a container, in the order in which Kubernetes sets it:
 * services, envFrom, env; a later name replaces an earlier one.
 * Rejects with {@link ContainerConfigError}. Implemented in `environment/expand-environment.ts`.
 */
export type ExpandEnvironment = (
  pod: ReadonlyPod,
  container: ReadonlyContainer,
  source: EnvironmentSource,
  signal: AbortSignal,
) => Promise<readonly EnvironmentVariable[]>;

/**
 * `command` and `args` with $(VAR) expanded; undefined where the container has none.
 * Implemented in `environment/expand-command.ts`.
 */
export type ExpandCommand = (
  container: ReadonlyContainer,
  environment: readonly EnvironmentVariable[],
) => { readonly command: readonly string[] | undefined; readonly args: readonly string[] | undefined };

/**
 * A container that cannot be made as its spec has it: waiting reason
 * CreateContainerConfigError, event Failed with "Error: MESSAGE". Tried again at the next sync.
 */
export class ContainerConfigError extends Error {
  override readonly name = 'ContainerConfigError';
}

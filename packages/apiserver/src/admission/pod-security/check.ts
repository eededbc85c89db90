import type { Container, EphemeralContainer, ObjectMeta, PodSpec } from '@kubelab/api';

/** What a check looks at: a pod's, or a template's. */
export interface PodToCheck {
  readonly metadata: ObjectMeta;
  readonly spec: PodSpec;
}

/** Why a pod is against the standard: `reason (detail)`. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

/** A rule of the Pod Security Standards, from the version on in which it came. Undefined: the pod keeps to it. */
export interface Check {
  /** As in Kubernetes; violations are told in the order of the ids. */
  readonly id: string;
  /** Minor version of Kubernetes 1 → the rule from then on, oldest first. */
  readonly versions: readonly (readonly [fromMinor: number, run: CheckFunction])[];
  /** Of the restricted level: the baseline checks that this one makes needless. */
  readonly overrides?: string;
}

export type CheckFunction = (pod: PodToCheck) => Violation | undefined;

export type AnyContainer = Container | EphemeralContainer;

/** Init containers, containers, ephemeral containers: the order in which violations name them. */
export function allContainers({ initContainers, containers, ephemeralContainers }: PodSpec): AnyContainer[] {
  return [...(initContainers ?? []), ...(containers ?? []), ...(ephemeralContainers ?? [])];
}

export function namesWhere(spec: PodSpec, isBad: (container: AnyContainer) => boolean): string[] {
  return allContainers(spec)
    .filter(isBad)
    .map(({ name }) => name);
}

/** `"a", "b"`. Not escaped, as in Kubernetes. */
export function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

export function plural(one: string, many: string, count: number): string {
  return count === 1 ? one : many;
}

/** `container "a"`, `containers "a", "b"`. */
export function containersNamed(names: readonly string[]): string {
  return `${plural('container', 'containers', names.length)} ${quoted(names)}`;
}

/** Who set something: `pod and containers "a", "b"`; "" for nobody. */
export function setters(isPod: boolean, containers: readonly string[]): string {
  const parts = [...(isPod ? ['pod'] : []), ...(containers.length > 0 ? [containersNamed(containers)] : [])];
  return parts.join(' and ');
}

export function sortedSet(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}

export function isWindows({ spec }: PodToCheck): boolean {
  return spec.os?.name === 'windows';
}

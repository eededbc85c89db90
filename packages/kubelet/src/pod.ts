import type { Container, DeepReadonly, Persisted, Pod } from '@kubelab/api';

/** A pod as the kubelet's cache holds it. */
export type ReadonlyPod = DeepReadonly<Persisted<Pod>>;

/** A container of a pod's spec: of containers or of initContainers. */
export type ReadonlyContainer = DeepReadonly<Container>;

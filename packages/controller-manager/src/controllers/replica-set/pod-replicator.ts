import type { KubernetesObject, PodTemplateSpec, ReplicaSetStatus, ResourceType, Selector } from '@kubelab/api';
import type { Cached } from '@kubelab/client';

/** What wants a number of like pods: a ReplicaSet, or its elder, a ReplicationController. */
export interface PodReplicator extends KubernetesObject {
  spec?: { replicas?: number; minReadySeconds?: number; template?: PodTemplateSpec };
  status?: ReplicaSetStatus;
}

/** In what the kinds differ. */
export interface PodReplicatorKind<T extends PodReplicator> {
  readonly resource: ResourceType<T>;
  selectorOf(owner: Cached<T>): Selector;
  /** Whether its status has `terminatingReplicas`. */
  readonly countsTerminating: boolean;
}

import type {
  Deployment,
  DeploymentSpec,
  DeploymentStatus,
  EndpointSlice,
  KubernetesObject,
  Node,
  Pod,
  ReplicaSet,
  ReplicaSetStatus,
  Service,
  ServiceSpec,
} from '@kubelab/api';
import type { Cached } from '@kubelab/client';

// Objects for the unit tests beside the plans: what a test does not name is as an apiserver would have it.

export const NOW_MS = Date.UTC(2030, 0, 1, 12);
/** That many seconds before NOW_MS. */
export const ago = (seconds: number): string => `${new Date(NOW_MS - seconds * 1_000).toISOString().slice(0, 19)}Z`;

type Metadata = NonNullable<KubernetesObject['metadata']>;

export function cached<T extends KubernetesObject>(kind: string, object: T): Cached<T> {
  const { name = 'x' } = object.metadata ?? {};
  const metadata = { namespace: 'default', uid: `uid-${name}`, resourceVersion: '1', generation: 1 };
  const creationTimestamp = ago(3_600);
  return {
    apiVersion: 'v1',
    kind,
    ...object,
    metadata: { ...metadata, creationTimestamp, name, ...object.metadata },
  } as Cached<T>;
}

export interface PodInput {
  readonly name?: string;
  readonly metadata?: Metadata;
  readonly spec?: Partial<NonNullable<Pod['spec']>>;
  readonly phase?: string;
  /** How many seconds it has been ready for. */
  readonly readyFor?: number;
  readonly restarts?: number;
  readonly ip?: string;
}

export function pod({ name = 'p', metadata, spec, phase = 'Running', readyFor, restarts = 0, ip }: PodInput = {}) {
  const ready = readyFor === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: ago(readyFor) }];
  const container = { name: 'c', image: 'i', imageID: '', ready: true, restartCount: restarts };
  return cached<Pod>('Pod', {
    metadata: { name, labels: { app: 'web' }, ...metadata },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }], ...spec },
    status: { phase, conditions: ready, containerStatuses: [container], ...(ip ? { podIP: ip } : {}) },
  });
}

export interface DeploymentInput {
  readonly metadata?: Metadata;
  readonly spec?: Partial<DeploymentSpec>;
  readonly status?: DeploymentStatus;
  readonly surge?: number | string;
  readonly unavailable?: number | string;
}

export function deployment(replicas: number, input: DeploymentInput = {}): Cached<Deployment> {
  const { metadata, spec, status, surge = 1, unavailable = 1 } = input;
  return cached<Deployment>('Deployment', {
    metadata: { name: 'web', ...metadata },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } },
      progressDeadlineSeconds: 600,
      template: template('nginx:1'),
      ...spec,
    },
    ...(status ? { status } : {}),
  });
}

export const template = (image: string) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'c', image }] },
});

export interface ReplicaSetInput {
  readonly metadata?: Metadata;
  readonly available?: number;
  readonly status?: Partial<ReplicaSetStatus>;
  readonly image?: string;
  /** In seconds. */
  readonly age?: number;
}

/** All of its pods are there; as many as said are available. */
export function replicaSet(name: string, replicas: number, input: ReplicaSetInput = {}): Cached<ReplicaSet> {
  const { metadata, available = replicas, status, image = 'nginx:1', age = 60 } = input;
  return cached<ReplicaSet>('ReplicaSet', {
    metadata: { name, creationTimestamp: ago(age), ...metadata },
    spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: template(image) },
    status: {
      replicas,
      readyReplicas: available,
      availableReplicas: available,
      fullyLabeledReplicas: replicas,
      observedGeneration: 1,
      ...status,
    },
  });
}

export function service(spec: Partial<ServiceSpec> = {}, metadata: Metadata = {}): Cached<Service> {
  return cached<Service>('Service', {
    metadata: { name: 'web', ...metadata },
    spec: { selector: { app: 'web' }, clusterIP: '10.96.0.9', ports: [{ port: 80, protocol: 'TCP' }], ...spec },
  });
}

export function node(name: string, status?: string, input: { metadata?: Metadata; spec?: Node['spec'] } = {}) {
  const conditions = status === undefined ? [] : [{ type: 'Ready', status, lastHeartbeatTime: ago(5) }];
  return cached<Node>('Node', {
    metadata: { name, namespace: undefined, ...input.metadata },
    spec: input.spec ?? {},
    status: { conditions },
  });
}

/** A slice as it is stored after it was planned. */
export function stored(slice: EndpointSlice, name: string): Cached<EndpointSlice> {
  const { generateName, ...metadata } = slice.metadata ?? {};
  return cached<EndpointSlice>('EndpointSlice', { ...slice, metadata: { ...metadata, name } });
}

import type { PodIdentity } from './runtime.js';

/** Whose containers are ours: nothing without both labels is ever touched. */
export interface Ownership {
  readonly clusterName: string;
  readonly nodeName: string;
}

export const LABELS = {
  cluster: 'kubelab.cluster',
  node: 'kubelab.node',
  role: 'kubelab.role',
  podNamespace: 'kubelab.pod.namespace',
  podName: 'kubelab.pod.name',
  podUid: 'kubelab.pod.uid',
  containerName: 'kubelab.container.name',
  restartCount: 'kubelab.container.restart-count',
} as const;

/** Annotations of a container are labels with this prefix. */
const ANNOTATION_PREFIX = 'kubelab.container.annotation.';

export interface LabelledContainer {
  readonly role: 'sandbox' | 'container';
  readonly pod: PodIdentity;
  readonly name: string;
  readonly restartCount: number;
  readonly annotations: Readonly<Record<string, string>>;
}

/** For the engine's `label` filters: pods' things only. */
export function ownershipFilter(ownership: Ownership): string[] {
  return [`${LABELS.cluster}=${ownership.clusterName}`, `${LABELS.node}=${ownership.nodeName}`, LABELS.podUid];
}

export function toLabels(ownership: Ownership, container: LabelledContainer): Record<string, string> {
  const labels: Record<string, string> = {
    [LABELS.cluster]: ownership.clusterName,
    [LABELS.node]: ownership.nodeName,
    [LABELS.role]: container.role,
    [LABELS.podNamespace]: container.pod.namespace,
    [LABELS.podName]: container.pod.name,
    [LABELS.podUid]: container.pod.uid,
    [LABELS.restartCount]: String(container.restartCount),
  };
  if (container.name !== '') labels[LABELS.containerName] = container.name;
  for (const [key, value] of Object.entries(container.annotations)) labels[ANNOTATION_PREFIX + key] = value;
  return labels;
}

export function fromLabels(labels: Readonly<Record<string, string>>): LabelledContainer {
  const annotations: Record<string, string> = {};
  for (const [key, value] of Object.entries(labels)) {
    if (key.startsWith(ANNOTATION_PREFIX)) annotations[key.slice(ANNOTATION_PREFIX.length)] = value;
  }
  return {
    role: labels[LABELS.role] === 'sandbox' ? 'sandbox' : 'container',
    pod: {
      namespace: labels[LABELS.podNamespace] ?? '',
      name: labels[LABELS.podName] ?? '',
      uid: labels[LABELS.podUid] ?? '',
    },
    name: labels[LABELS.containerName] ?? '',
    restartCount: Number.parseInt(labels[LABELS.restartCount] ?? '0', 10),
    annotations,
  };
}

/** The engine refuses a second container of a name, so creating one is idempotent. */
export function containerName(pod: PodIdentity, name: string, restartCount: number): string {
  return `kubelab_${name === '' ? 'POD' : name}_${pod.name}_${pod.namespace}_${pod.uid}_${restartCount}`;
}

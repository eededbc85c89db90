import type { Node, Pod, PodSpec } from '@kubelab/api';
import type { Cached } from '@kubelab/client';

const identity = (name: string) => ({
  name,
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
});

type Labels = Record<string, string>;

/** A node of 4 cpus and 8 GiB for 110 pods, unless something else is said. */
export function makeNode(
  name: string,
  over: { labels?: Labels; allocatable?: Labels } & Partial<Pick<Node, 'spec' | 'status'>> = {},
): Cached<Node> {
  const { labels = {}, allocatable, ...rest } = over;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { ...identity(name), labels: { 'kubernetes.io/hostname': name, ...labels } },
    status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110', ...allocatable } },
    ...rest,
  };
}

/** A pod of the default scheduler with one container that asks for nothing. Its uid is its name. */
export function makePod(
  name: string,
  spec: Partial<PodSpec> = {},
  metadata: { labels?: Labels; annotations?: Labels; namespace?: string; deletionTimestamp?: string } & Partial<
    Pick<NonNullable<Pod['metadata']>, 'ownerReferences'>
  > = {},
  status: Pod['status'] = {},
): Cached<Pod> {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...identity(name), namespace: 'default', ...metadata },
    spec: { schedulerName: 'default-scheduler', containers: [{ name: 'c', image: 'i' }], ...spec },
    status,
  };
}

/** One container that asks for these. */
export const requesting = (requests: Labels): Pick<PodSpec, 'containers'> => ({
  containers: [{ name: 'c', image: 'i', resources: { requests } }],
});

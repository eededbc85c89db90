import { type PriorityClass, priorityClasses } from '@kubelab/api';
import type { Registry } from '../registry/registry.js';
import { ensureExists } from './ensure-object.js';

const SYSTEM_CLASSES: readonly PriorityClass[] = [
  {
    metadata: { name: 'system-node-critical' },
    value: 2_000_001_000,
    description: 'For pods of the system that every node needs and that must stay on their node.',
  },
  {
    metadata: { name: 'system-cluster-critical' },
    value: 2_000_000_000,
    description: 'For pods of the system that the cluster needs, on whichever node.',
  },
];

/** Makes the priority classes that every cluster has. */
export async function ensurePriorityClasses(registry: Registry, signal: AbortSignal): Promise<void> {
  const scope = registry.scope(priorityClasses);
  for (const priorityClass of SYSTEM_CLASSES) {
    const object = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', ...structuredClone(priorityClass) };
    await ensureExists(scope, object, signal);
  }
}

import { namespaces } from '@kubelab/api';
import type { Registry } from '../registry/registry.js';
import { ensureExists } from './ensure-object.js';

export const SYSTEM_NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** Makes the namespaces that every cluster has. */
export async function ensureSystemNamespaces(registry: Registry, signal: AbortSignal): Promise<void> {
  const scope = registry.scope(namespaces);
  for (const name of SYSTEM_NAMESPACES) {
    await ensureExists(scope, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, signal);
  }
}

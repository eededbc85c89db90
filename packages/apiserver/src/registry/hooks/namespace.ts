import { type Namespace, namespaces } from '@kubelab/api';
import type { KindHook } from './kind-hook.js';

/** A namespace stays until its content is gone: spec.finalizers holds `kubernetes` until the namespace controller says so. */
export const namespaceHook: KindHook<Namespace> & { resource: typeof namespaces } = {
  resource: namespaces,
  async beforeCreate(namespace) {
    const finalizers = namespace.spec?.finalizers ?? [];
    if (!finalizers.includes('kubernetes'))
      namespace.spec = { ...namespace.spec, finalizers: [...finalizers, 'kubernetes'] };
    namespace.status = { phase: 'Active' };
    const { metadata } = namespace;
    // Lets namespace selectors name a namespace.
    if (metadata?.name) metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name };
    return undefined;
  },
  markDeleted(namespace) {
    namespace.status = { ...namespace.status, phase: 'Terminating' };
  },
  holdsDeletion: (namespace) => (namespace.spec?.finalizers ?? []).length > 0,
};

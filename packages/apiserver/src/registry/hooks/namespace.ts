import { type Namespace, namespaces } from '@kubelab/api';
import type { KindHook } from './kind-hook.js';

/** A namespace stays until its content is gone: spec.finalizers holds `kubernetes` until the namespace controller says so. */
export const namespaceHook: KindHook<Namespace> & { resource: typeof namespaces } = {
  resource: namespaces,
  markDeleted(namespace) {
    namespace.status = { ...namespace.status, phase: 'Terminating' };
  },
  holdsDeletion: (namespace) => (namespace.spec?.finalizers ?? []).length > 0,
};

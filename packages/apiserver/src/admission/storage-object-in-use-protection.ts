import type { AdmissionPlugin } from './admission.js';

const FINALIZERS: Readonly<Record<string, string>> = {
  '/persistentvolumeclaims': 'kubernetes.io/pvc-protection',
  '/persistentvolumes': 'kubernetes.io/pv-protection',
};

/** Volumes and claims stay until nobody uses them any more: a controller takes the finalizer away then. */
export function storageObjectInUseProtection(): AdmissionPlugin {
  return {
    name: 'StorageObjectInUseProtection',
    admit({ resource, operation, subresource, object }) {
      if (operation !== 'CREATE' || subresource !== '' || object === undefined) return;
      const finalizer = FINALIZERS[`${resource.group}/${resource.plural}`];
      const present = object.metadata?.finalizers ?? [];
      if (finalizer === undefined || present.includes(finalizer)) return;
      object.metadata = { ...object.metadata, finalizers: [...present, finalizer] };
    },
  };
}

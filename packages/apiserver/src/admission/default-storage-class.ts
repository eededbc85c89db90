import { type PersistentVolumeClaim, persistentVolumeClaims, type StorageClass, storageClasses } from '@kubelab/api';
import type { Storage } from '../storage/storage.js';
import type { AdmissionPlugin } from './admission.js';
import { clusterObjects } from './cluster-objects.js';
import { defaultClassOf } from './default-class.js';

const IS_DEFAULT = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];
export const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

/** A claim that names no class gets the default one. "" is a name: it asks for a volume without class. */
export function defaultStorageClass(storage: Storage): AdmissionPlugin {
  const classes = clusterObjects<StorageClass>(storage.forResource(storageClasses));
  return {
    name: 'DefaultStorageClass',
    admit({ resource, operation, subresource, object }) {
      if (resource.plural !== persistentVolumeClaims.plural || resource.group !== '') return;
      if (operation !== 'CREATE' || subresource !== '') return;
      const { metadata, spec } = object as PersistentVolumeClaim;
      if (spec === undefined || spec.storageClassName !== undefined) return;
      if (metadata?.annotations?.[CLASS_ANNOTATION] !== undefined) return;
      const found = defaultClassOf(classes(), IS_DEFAULT);
      if (found !== undefined) spec.storageClassName = found.metadata.name;
    },
  };
}

import { compareQuantities, type PersistentVolumeClaim, persistentVolumeClaims, storageClasses } from '@kubelab/api';
import type { Storage } from '../storage/storage.js';
import type { AdmissionPlugin, AdmissionRequest } from './admission.js';
import { CLASS_ANNOTATION } from './default-storage-class.js';
import { forbiddenObject } from './forbidden-object.js';

/** A claim grows only where its class says that volumes can. */
export function persistentVolumeClaimResize(storage: Storage): AdmissionPlugin {
  const classes = storage.forResource(storageClasses);

  async function mayGrow(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): Promise<boolean> {
    const name = classOf(claim);
    if (name === '' || name !== classOf(old)) return false;
    const key = { namespace: '', name };
    const found = classes.getCached(key) ?? (await classes.get(key));
    return found?.object.allowVolumeExpansion === true;
  }

  return {
    name: 'PersistentVolumeClaimResize',
    async validate({ resource, operation, subresource, object, old, key }: AdmissionRequest) {
      if (resource.plural !== persistentVolumeClaims.plural || resource.group !== '') return;
      if (operation !== 'UPDATE' || subresource !== '') return;
      const claim = object as PersistentVolumeClaim;
      const before = old as PersistentVolumeClaim;
      if (compareQuantities(sizeOf(claim), sizeOf(before)) <= 0) return;
      if (before.status?.phase !== 'Bound') {
        throw forbiddenObject(resource, key.name, 'Only bound persistent volume claims can be expanded');
      }
      if (await mayGrow(claim, before)) return;
      const why =
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';
      throw forbiddenObject(resource, key.name, why);
    },
  };
}

function sizeOf({ spec }: PersistentVolumeClaim): string {
  return spec?.resources?.requests?.storage ?? '0';
}

function classOf({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata?.annotations?.[CLASS_ANNOTATION] ?? spec?.storageClassName ?? '';
}

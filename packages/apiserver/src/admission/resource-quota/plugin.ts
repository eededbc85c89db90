import { type ResourceQuota, resourceQuotas } from '@kubelab/api';
import type { Storage } from '../../storage/storage.js';
import type { AdmissionPlugin, AdmissionRequest } from '../admission.js';
import { namespaceObjects } from '../namespace-objects.js';
import { QuotaLedger } from './ledger.js';

/** Kinds of which an update can use more than before. */
const GROWING = new Set(['services', 'persistentvolumeclaims']);
/** What nobody is to be kept from saying. */
const IGNORED = new Set(['/events', 'events.k8s.io/events']);

/** Charges what is made to the ResourceQuotas of its namespace. The last plugin: whatever may still refuse a request comes before. */
export function resourceQuota(storage: Storage): AdmissionPlugin {
  const stored = storage.forResource(resourceQuotas);
  const inNamespace = namespaceObjects<ResourceQuota>(stored);
  const ledger = new QuotaLedger({ storage: stored, inNamespace, nowMs: Date.now });
  return {
    name: 'ResourceQuota',
    async validate(request) {
      if (!isCounted(request) || inNamespace(request.key.namespace).length === 0) return;
      request.ifNotWritten(await ledger.charge(request));
    },
  };
}

function isCounted({ resource, subresource, operation }: AdmissionRequest): boolean {
  if (!resource.namespaced || resource.stored === false || IGNORED.has(`${resource.group}/${resource.plural}`)) {
    return false;
  }
  const isCore = resource.group === '';
  if (isCore && resource.plural === 'pods' && subresource === 'resize') return operation === 'UPDATE';
  if (subresource !== '') return false;
  if (operation === 'UPDATE') return isCore && GROWING.has(resource.plural);
  return operation === 'CREATE';
}

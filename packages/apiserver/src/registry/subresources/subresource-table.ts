import { certificateSigningRequests, namespaces, pods, serviceAccounts } from '@kubelab/api';
import type { Storage } from '../../storage/storage.js';
import { bindPod } from '../binding.js';
import { finalizeNamespace } from '../finalize.js';
import { getScale, patchScale, updateScale } from '../scale.js';
import { csrApproval } from './csr-approval.js';
import { createDisruptionBudgets } from './disruption-budgets.js';
import { ephemeralContainers } from './ephemeral-containers.js';
import { podEviction } from './eviction.js';
import { resizePod } from './resize.js';
import { type ServiceAccountTokenOptions, serviceAccountToken } from './service-account-token.js';
import { type RegisteredSubresource, subresourceOf } from './subresource.js';

/** The subresources that are more than a part of their object (as `status` is), one line each. */
export function subresourceTable(
  storage: Storage,
  tokens: ServiceAccountTokenOptions,
): readonly RegisteredSubresource[] {
  return [
    { resource: undefined, name: 'scale', verbs: { get: getScale, update: updateScale, patch: patchScale } },
    subresourceOf(pods, 'binding', { create: bindPod }),
    subresourceOf(pods, 'eviction', podEviction(createDisruptionBudgets(storage))),
    subresourceOf(pods, 'ephemeralcontainers', ephemeralContainers),
    subresourceOf(pods, 'resize', resizePod),
    subresourceOf(serviceAccounts, 'token', serviceAccountToken(tokens)),
    subresourceOf(namespaces, 'finalize', { update: finalizeNamespace }),
    subresourceOf(certificateSigningRequests, 'approval', csrApproval),
  ];
}

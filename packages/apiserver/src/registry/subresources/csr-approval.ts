import type { CertificateSigningRequest } from '@kubelab/api';
import { getObject } from '../get.js';
import { patchObject } from '../patch.js';
import { updateObject } from '../update.js';
import type { SubresourceVerbs } from './subresource.js';

const SUBRESOURCE = 'approval';

/**
 * certificatesigningrequests/approval: whoever may approve or deny writes the
 * conditions here, and nothing else. Apart from `status`, where signers write.
 */
export const csrApproval: SubresourceVerbs<CertificateSigningRequest> = {
  get: (scope, key) => getObject(scope, key, ''),
  update: (scope, key, body, options, context) => updateObject(scope, key, SUBRESOURCE, body, options, context),
  patch: (scope, key, body, options, context) => patchObject(scope, key, SUBRESOURCE, body, options, context),
};

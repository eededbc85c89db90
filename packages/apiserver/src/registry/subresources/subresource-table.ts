import { namespaces, pods } from '@kubelab/api';
import { bindPod } from '../binding.js';
import { finalizeNamespace } from '../finalize.js';
import { getScale, patchScale, updateScale } from '../scale.js';
import { type RegisteredSubresource, subresourceOf } from './subresource.js';

/** The subresources that are more than a part of their object (as `status` is), one line each. */
export function subresourceTable(): readonly RegisteredSubresource[] {
  return [
    { resource: undefined, name: 'scale', verbs: { get: getScale, update: updateScale, patch: patchScale } },
    subresourceOf(pods, 'binding', { create: bindPod }),
    subresourceOf(namespaces, 'finalize', { update: finalizeNamespace }),
  ];
}

import { createHash } from 'node:crypto';
import type { ResourceType } from '@kubelab/api';

/**
 * What discovery says of the version that a kind is stored in: versions of one
 * kind have one hash, and a client that sees it change knows that stored
 * objects are to be migrated. As in kube-apiserver the first eight bytes of a
 * SHA-256 of group, version and kind. Undefined where nothing is stored.
 */
export function storageVersionHashOf(resource: ResourceType): string | undefined {
  if (resource.stored === false) return undefined;
  const { group, version, kind } = resource.view?.of ?? resource;
  const digest = createHash('sha256').update(`${group}/${version}/${kind}`).digest();
  return digest.subarray(0, 8).toString('base64');
}

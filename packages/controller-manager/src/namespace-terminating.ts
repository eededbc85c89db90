import { isApiError } from '@kubelab/api';

/** A create was refused because its namespace is being deleted. There is nothing to try again: what the key is about goes too. */
export function isNamespaceTerminating(error: unknown): boolean {
  if (!isApiError(error, 'Forbidden')) return false;
  return error.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') ?? false;
}

import { ApiError } from '@kubelab/api';
import { type Revision, revisionOf, versionOf } from './versions.js';

/** Where the next page of a list begins, and of which snapshot it is. */
export interface ContinuePosition {
  readonly revision: Revision;
  /** The last path of the page before. */
  readonly after: string;
}

export function encodeContinueToken(position: ContinuePosition): string {
  const token = { v: 1, rv: versionOf(position.revision), after: position.after };
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

/** @throws ApiError BadRequest */
export function decodeContinueToken(token: string): ContinuePosition {
  try {
    const { v, rv, after } = JSON.parse(Buffer.from(token, 'base64url').toString()) as Record<string, unknown>;
    if (v !== 1 || typeof rv !== 'string' || typeof after !== 'string' || after === '') throw new Error('malformed');
    const revision = revisionOf(rv);
    if (revision === 0) throw new Error('malformed');
    return { revision, after };
  } catch (cause) {
    throw new ApiError('BadRequest', 'continue key is not valid: it must be one that the server gave', { cause });
  }
}

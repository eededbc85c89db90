import { ApiError } from '@kubelab/api';
import type { VersionNumber } from './versions.js';

/** Where the next page of a list begins, and of which snapshot it is. */
export interface ContinuePosition {
  /** Undefined: whatever is newest, after the snapshot has expired. */
  readonly number: VersionNumber | undefined;
  /** The last path of the page before. */
  readonly after: string;
}

/** Kubernetes' own form: clients look into it, though they should not. */
const TOKEN_VERSION = 'meta.k8s.io/v1';
const NEWEST = -1;
/** The first path behind `after` is `after` and this. */
const BEHIND = '\0';

export function encodeContinueToken({ number = NEWEST, after }: ContinuePosition): string {
  const token = { v: TOKEN_VERSION, rv: number, start: after + BEHIND };
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

/** @throws ApiError BadRequest */
export function decodeContinueToken(token: string): ContinuePosition {
  const { v, rv, start } = parse(token);
  if (v !== TOKEN_VERSION) throw notValid(`server does not recognize this encoded version ${JSON.stringify(v ?? '')}`);
  if (!Number.isSafeInteger(rv) || rv === 0) {
    throw notValid(`incorrect encoded start resourceVersion (version ${TOKEN_VERSION})`);
  }
  if (typeof start !== 'string' || start === '') {
    throw notValid(`encoded start key empty (version ${TOKEN_VERSION})`);
  }
  if (`/${start}/`.match(/\/\.{0,2}\//)) throw notValid(start);
  const number = rv as number;
  return { number: number < 0 ? undefined : number, after: start.endsWith(BEHIND) ? start.slice(0, -1) : start };
}

function parse(token: string): Record<string, unknown> {
  if (!/^[A-Za-z0-9_-]*$/.test(token)) throw notValid('illegal base64 data');
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (typeof parsed === 'object' && parsed !== null) return parsed as Record<string, unknown>;
  } catch {
    // It is no more a token than other JSON is.
  }
  throw notValid('it is no JSON object');
}

function notValid(why: string): ApiError {
  return new ApiError('BadRequest', `invalid continue token: continue key is not valid: ${why}`);
}

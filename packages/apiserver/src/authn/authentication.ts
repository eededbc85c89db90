import type { ApiserverOptions } from '../options.js';
import type { Storage } from '../storage/storage.js';
import { bootstrapTokens } from './bootstrap-token.js';
import { createRequestAuthenticator, type RequestAuthenticator } from './request-authenticator.js';
import { boundTokens } from './service-account/bound-token.js';
import { LEGACY_ISSUER } from './service-account/claims.js';
import { legacyTokens } from './service-account/legacy-token.js';
import { createSignatureChecker } from './service-account/signature-checker.js';
import { readTokenKeys, type TokenKeys } from './service-account/token-keys.js';
import { createTokenSigner, type TokenSigner } from './service-account/token-signer.js';
import { type TokenAuthenticator, type TokenUnion, tokenUnion } from './token-authenticator.js';
import { readTokenFile } from './token-file.js';
import { createTokenObjects, type TokenObjects } from './token-objects.js';

/** All that finds out who somebody is. */
export interface Authentication {
  readonly requests: RequestAuthenticator;
  readonly tokens: TokenUnion;
  readonly objects: TokenObjects;
  readonly apiAudiences: readonly string[];
  readonly keys: TokenKeys;
  /** Of the tokens that are given out. */
  readonly issuer: string;
  /** Undefined without a signing key. */
  readonly signer: TokenSigner | undefined;
}

/** Reads the files that the flags name. @throws Error for a file that cannot be read or holds no key */
export async function createAuthentication(options: ApiserverOptions, storage: Storage): Promise<Authentication> {
  const keys = await readTokenKeys(options.serviceAccountSigningKeyFile, options.serviceAccountKeyFile);
  const [issuer] = options.serviceAccountIssuer;
  if (issuer === undefined) throw new Error('--service-account-issuer may not be empty');
  const apiAudiences = options.apiAudiences.length > 0 ? options.apiAudiences : options.serviceAccountIssuer;
  const objects = createTokenObjects(storage);
  const bound = createSignatureChecker(new Set(options.serviceAccountIssuer), keys.verifying);
  const legacy = createSignatureChecker(new Set([LEGACY_ISSUER]), keys.verifying);
  const authenticators: TokenAuthenticator[] = [
    ...(options.tokenAuthFile === undefined ? [] : [await readTokenFile(options.tokenAuthFile)]),
    legacyTokens({ signatures: legacy, objects, apiAudiences }),
    boundTokens({ signatures: bound, objects, apiAudiences }),
    ...(options.enableBootstrapTokenAuth ? [bootstrapTokens(objects)] : []),
  ];
  const tokens = tokenUnion(authenticators);
  return {
    requests: createRequestAuthenticator({ tokens, apiAudiences, anonymousAuth: options.anonymousAuth }),
    tokens,
    objects,
    apiAudiences,
    keys,
    issuer,
    signer: keys.signing && createTokenSigner(issuer, keys.signing),
  };
}

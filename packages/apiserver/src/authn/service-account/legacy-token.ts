import { secrets, serviceAccounts } from '@kubelab/api';
import type { TokenAuthenticator } from '../token-authenticator.js';
import type { TokenObjects } from '../token-objects.js';
import { LEGACY_CLAIMS } from './claims.js';
import { authenticatedServiceAccountGroups, parseServiceAccountUsername } from './names.js';
import type { SignatureChecker } from './signature-checker.js';

const INVALIDATED = 'Token has been invalidated';

export interface LegacyTokenOptions {
  readonly signatures: SignatureChecker;
  readonly objects: TokenObjects;
  readonly apiAudiences: readonly string[];
}

/** The tokens kept in Secrets of the type kubernetes.io/service-account-token: good while the Secret holds them. */
export function legacyTokens({ signatures, objects, apiAudiences }: LegacyTokenOptions): TokenAuthenticator {
  return {
    async authenticate(token, audiences) {
      const claims = await signatures.check(token);
      if (claims === undefined) return undefined;
      const common = apiAudiences.filter((audience) => audiences.includes(audience));
      if (common.length === 0) throw new Error('the token is for the API alone');
      const { namespace, secretName, accountName, accountUid } = readClaims(claims);
      const secret = await objects.find(secrets, { namespace, name: secretName });
      if (secret === undefined || secret.metadata.deletionTimestamp !== undefined) throw new Error(INVALIDATED);
      if (Buffer.from(secret.data?.token ?? '', 'base64').toString('utf8') !== token) {
        throw new Error("Token does not match server's copy");
      }
      const account = await objects.find(serviceAccounts, { namespace, name: accountName }, accountUid);
      if (account === undefined) throw new Error(`serviceaccounts "${accountName}" not found`);
      if (account.metadata.deletionTimestamp !== undefined) {
        throw new Error(`ServiceAccount ${namespace}/${accountName} has been deleted`);
      }
      const { uid } = account.metadata;
      if (uid !== accountUid) throw new Error(`ServiceAccount UID (${uid}) does not match claim (${accountUid})`);
      const user = { name: claims.sub ?? '', groups: authenticatedServiceAccountGroups(namespace), uid };
      return { user, audiences: common };
    },
  };
}

/** @throws Error naming what is missing */
function readClaims(claims: Readonly<Record<string, unknown>>) {
  const read = (claim: string, what: string): string => {
    const value = claims[claim];
    if (typeof value !== 'string' || value === '') throw new Error(`${what} claim is missing`);
    return value;
  };
  const subject = read('sub', 'sub');
  const namespace = read(LEGACY_CLAIMS.namespace, 'namespace');
  const secretName = read(LEGACY_CLAIMS.secretName, 'secretName');
  const accountName = read(LEGACY_CLAIMS.accountName, 'serviceAccountName');
  const accountUid = read(LEGACY_CLAIMS.accountUid, 'serviceAccountUID');
  const named = parseServiceAccountUsername(subject);
  if (named?.namespace !== namespace || named.name !== accountName) throw new Error('sub claim is invalid');
  return { namespace, secretName, accountName, accountUid };
}

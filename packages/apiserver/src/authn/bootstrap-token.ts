import { timingSafeEqual } from 'node:crypto';
import { type Secret, secrets } from '@kubelab/api';
import type { TokenAuthenticator } from './token-authenticator.js';
import type { TokenObjects } from './token-objects.js';
import { ALL_AUTHENTICATED } from './user.js';

const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const NAMESPACE = 'kube-system';
const SECRET_TYPE = 'bootstrap.kubernetes.io/token';
const DEFAULT_GROUP = 'system:bootstrappers';
const EXTRA_GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

/**
 * The tokens that new nodes join with: `ID.SECRET`, kept in the Secret
 * `bootstrap-token-ID` of kube-system. Whatever is wrong with the Secret, the
 * token is not known.
 */
export function bootstrapTokens(objects: TokenObjects, nowMs: () => number = Date.now): TokenAuthenticator {
  return {
    async authenticate(token) {
      const [, id, secretText] = TOKEN.exec(token) ?? [];
      if (id === undefined || secretText === undefined) return undefined;
      const secret = await objects.find(secrets, { namespace: NAMESPACE, name: `bootstrap-token-${id}` });
      if (secret === undefined || secret.metadata.deletionTimestamp !== undefined) return undefined;
      const groups = groupsOf(secret, id, secretText, nowMs());
      if (groups === undefined) return undefined;
      return { user: { name: `system:bootstrap:${id}`, groups: [...groups, ALL_AUTHENTICATED] } };
    },
  };
}

function groupsOf(secret: Secret, id: string, secretText: string, nowMs: number): string[] | undefined {
  const read = (key: string) => Buffer.from(secret.data?.[key] ?? '', 'base64').toString('utf8');
  if (secret.type !== SECRET_TYPE || read('token-id') !== id) return undefined;
  const [expected, given] = [Buffer.from(read('token-secret')), Buffer.from(secretText)];
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return undefined;
  const expiration = read('expiration');
  // A time that cannot be read counts as past.
  if (expiration !== '' && !(Date.parse(expiration) > nowMs)) return undefined;
  if (read('usage-bootstrap-authentication') !== 'true') return undefined;
  const extra = read('auth-extra-groups')
    .split(',')
    .filter((group) => group !== '');
  if (extra.some((group) => !EXTRA_GROUP.test(group))) return undefined;
  return [DEFAULT_GROUP, ...new Set(extra)].sort();
}

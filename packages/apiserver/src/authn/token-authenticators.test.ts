import { generateKeyPairSync } from 'node:crypto';
import type { KubernetesObject, ObjectKey, Persisted, ResourceType } from '@kubelab/api';
import { beforeEach, describe, expect, test } from 'vitest';
import { bootstrapTokens } from './bootstrap-token.js';
import { boundTokens } from './service-account/bound-token.js';
import type { KubernetesClaims } from './service-account/claims.js';
import { createSignatureChecker } from './service-account/signature-checker.js';
import { type SigningKey, tokenKeyOf } from './service-account/token-keys.js';
import { createTokenSigner } from './service-account/token-signer.js';
import { type TokenAuthenticator, tokenUnion } from './token-authenticator.js';
import { staticTokens } from './token-file.js';
import type { TokenObjects } from './token-objects.js';

const ISSUER = 'https://issuer';
const AUDIENCES = ['api'];
const NOW = 1_700_000_000;

const stored = new Map<string, KubernetesObject>();
const objects: TokenObjects = {
  find: async <T extends KubernetesObject>({ plural }: ResourceType<T>, { namespace, name }: ObjectKey) =>
    stored.get(`${plural}/${namespace}/${name}`) as Persisted<T> | undefined,
};

function store(plural: string, namespace: string, name: string, uid: string, more: object = {}, metadata: object = {}) {
  stored.set(`${plural}/${namespace}/${name}`, { metadata: { namespace, name, uid, ...metadata }, ...more });
}

function newKey(type: 'ec' | 'rsa'): SigningKey {
  const { privateKey, publicKey } =
    type === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...tokenKeyOf(publicKey), privateKey };
}

const oldKey = newKey('rsa');
const newerKey = newKey('ec');

beforeEach(() => {
  stored.clear();
  store('serviceaccounts', 'ns', 'sa', 'u1');
});

interface Signed {
  key?: SigningKey;
  claims?: Partial<KubernetesClaims>;
  audiences?: string[];
  issuedAt?: number;
  seconds?: number;
}

function sign({ key = newerKey, claims = {}, audiences = AUDIENCES, issuedAt = NOW, seconds = 600 }: Signed = {}) {
  const kubernetes = { namespace: 'ns', serviceaccount: { name: 'sa', uid: 'u1' }, ...claims };
  return createTokenSigner(ISSUER, key).sign({
    claims: kubernetes,
    audiences,
    issuedAt,
    expiresAt: issuedAt + seconds,
  });
}

function bound(nowSeconds = NOW, keys = [newerKey, oldKey]): TokenAuthenticator {
  const signatures = createSignatureChecker(new Set([ISSUER]), keys);
  return boundTokens({ signatures, objects, apiAudiences: AUDIENCES, nowMs: () => nowSeconds * 1000 });
}

describe('service account tokens', () => {
  test('name the account and what they are bound to', async () => {
    store('pods', 'ns', 'p', 'u2');
    const token = await sign({ claims: { pod: { name: 'p', uid: 'u2' }, node: { name: 'n', uid: 'u3' } } });
    const found = await bound().authenticate(token, AUDIENCES);
    expect(found).toEqual({
      user: {
        name: 'system:serviceaccount:ns:sa',
        uid: 'u1',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated'],
        extra: {
          'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^JTI=/)],
          'authentication.kubernetes.io/pod-name': ['p'],
          'authentication.kubernetes.io/pod-uid': ['u2'],
          'authentication.kubernetes.io/node-name': ['n'],
          'authentication.kubernetes.io/node-uid': ['u3'],
        },
      },
      audiences: ['api'],
    });
  });

  test('of a key that has been replaced are good as long as it is known', async () => {
    const token = await sign({ key: oldKey });
    expect(await bound().authenticate(token, AUDIENCES)).toBeDefined();
    await expect(bound(NOW, [newerKey]).authenticate(token, AUDIENCES)).rejects.toThrow(/signature/);
  });

  test('of another issuer, or of no form, are somebody else’s', async () => {
    const other = createTokenSigner('https://other', newerKey);
    const claims = { namespace: 'ns', serviceaccount: { name: 'sa', uid: 'u1' } };
    const token = await other.sign({ claims, audiences: AUDIENCES, issuedAt: NOW, expiresAt: NOW + 600 });
    expect(await bound().authenticate(token, AUDIENCES)).toBeUndefined();
    expect(await bound().authenticate('a.b.c', AUDIENCES)).toBeUndefined();
    expect(await bound().authenticate('x', AUDIENCES)).toBeUndefined();
  });

  test('are refused each time that they are shown again', async () => {
    const token = `${(await sign()).slice(0, -8)}AAAAAAAA`;
    const authenticator = bound();
    for (let i = 0; i < 2; i += 1)
      await expect(authenticator.authenticate(token, AUDIENCES)).rejects.toThrow(/signature/);
  });

  test.each<[string, Signed, number, string]>([
    ['expired', {}, NOW + 661, 'service account token has expired'],
    ['early', {}, NOW - 61, 'service account token is not valid yet'],
    ['for others', { audiences: ['x'] }, NOW, 'token audiences ["x"] is invalid for the target audiences ["api"]'],
    [
      'of another account of the name',
      { claims: { serviceaccount: { name: 'sa', uid: 'u0' } } },
      NOW,
      'service account UID (u1) does not match claim (u0)',
    ],
    [
      'of an account that is gone',
      { claims: { serviceaccount: { name: 'gone', uid: 'u0' } } },
      NOW,
      'serviceaccounts "gone" not found',
    ],
    [
      'bound to a pod that is gone',
      { claims: { pod: { name: 'gone', uid: 'u0' } } },
      NOW,
      'service account token has been invalidated',
    ],
    [
      'bound to another pod of the name',
      { claims: { pod: { name: 'p', uid: 'u0' } } },
      NOW,
      'pod UID (u2) does not match service account pod ref claim (u0)',
    ],
    [
      'bound to a pod that was deleted',
      { claims: { pod: { name: 'going', uid: 'u4' } } },
      NOW,
      'service account token has been invalidated',
    ],
    [
      'bound to a secret that is gone',
      { claims: { secret: { name: 'gone', uid: 'u0' } } },
      NOW,
      'service account token has been invalidated',
    ],
    [
      'bound to a node that is gone',
      { claims: { node: { name: 'gone', uid: 'u0' } } },
      NOW,
      'service account token has been invalidated',
    ],
  ])('that are %s are refused', async (_what, signed, nowSeconds, message) => {
    store('pods', 'ns', 'p', 'u2');
    store('pods', 'ns', 'going', 'u4', {}, { deletionTimestamp: new Date((NOW - 61) * 1000).toISOString() });
    await expect(bound(nowSeconds).authenticate(await sign(signed), AUDIENCES)).rejects.toThrow(message);
  });

  test('outlive their time, and the deletion of what they are bound to, by a minute', async () => {
    store('pods', 'ns', 'going', 'u4', {}, { deletionTimestamp: new Date((NOW + 600) * 1000).toISOString() });
    const token = await sign({ claims: { pod: { name: 'going', uid: 'u4' } } });
    expect(await bound(NOW + 659).authenticate(token, AUDIENCES)).toBeDefined();
  });
});

describe('bootstrap tokens', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const secret = (data: Record<string, string>) => {
    const all = {
      'token-id': 'abcdef',
      'token-secret': '0123456789abcdef',
      'usage-bootstrap-authentication': 'true',
      ...data,
    };
    const encoded = Object.fromEntries(Object.entries(all).map(([key, value]) => [key, base64(value)]));
    store('secrets', 'kube-system', 'bootstrap-token-abcdef', 'u5', {
      type: 'bootstrap.kubernetes.io/token',
      data: encoded,
    });
  };
  const authenticate = (token = 'abcdef.0123456789abcdef') =>
    bootstrapTokens(objects, () => NOW * 1000).authenticate(token, AUDIENCES);

  test('name a user of the bootstrappers', async () => {
    secret({ 'auth-extra-groups': 'system:bootstrappers:a', expiration: new Date((NOW + 1) * 1000).toISOString() });
    expect(await authenticate()).toEqual({
      user: {
        name: 'system:bootstrap:abcdef',
        groups: ['system:bootstrappers', 'system:bootstrappers:a', 'system:authenticated'],
      },
    });
  });

  test.each<[string, Record<string, string>, string?]>([
    ['of another secret', {}, 'abcdef.fedcba9876543210'],
    ['that is unknown', {}, 'aaaaaa.0123456789abcdef'],
    ['that has expired', { expiration: new Date((NOW - 1) * 1000).toISOString() }],
    ['whose expiration cannot be read', { expiration: 'soon' }],
    ['not for authentication', { 'usage-bootstrap-authentication': 'false' }],
    ['with a group of others', { 'auth-extra-groups': 'system:masters' }],
    ['of another id', { 'token-id': 'fedcba' }],
  ])('one %s is none', async (_what, data, token) => {
    secret(data);
    expect(await authenticate(token)).toBeUndefined();
  });
});

describe('the token file', () => {
  const tokens = staticTokens('# comment\nt1,ann,u-1,"dev,ops"\n\nt2,bob,u-2\n"t,3","c ""d""",u-3,ops\n');
  test.each([
    ['t1', { name: 'ann', uid: 'u-1', groups: ['dev', 'ops', 'system:authenticated'] }],
    ['t2', { name: 'bob', uid: 'u-2', groups: ['system:authenticated'] }],
    ['t,3', { name: 'c "d"', uid: 'u-3', groups: ['ops', 'system:authenticated'] }],
  ])('%s', async (token, user) => {
    expect(await tokens.authenticate(token, AUDIENCES)).toEqual({ user });
  });

  test('knows no others, and refuses lines that are too short', async () => {
    expect(await tokens.authenticate('t', AUDIENCES)).toBeUndefined();
    expect(() => staticTokens('t1,ann')).toThrow('token file: record 1 has fewer than 3 fields');
  });
});

test('why no authenticator takes a token is told together', async () => {
  const refusing: TokenAuthenticator = { authenticate: () => Promise.reject(new Error('why')) };
  const ignorant: TokenAuthenticator = { authenticate: async () => undefined };
  const knowing: TokenAuthenticator = { authenticate: async () => ({ user: { name: 'ann', groups: [] } }) };
  await expect(tokenUnion([refusing, ignorant]).authenticate('x', [])).rejects.toThrow('[invalid bearer token, why]');
  await expect(tokenUnion([ignorant]).authenticate('x', [])).rejects.toThrow(/^invalid bearer token$/);
  expect(await tokenUnion([refusing, knowing]).authenticate('x', [])).toEqual({ user: { name: 'ann', groups: [] } });
});

import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { readSigningKey, signToken } from './sign-token.js';

const subject = { namespace: 'shop', secretName: 'robot-token', accountName: 'robot', accountUid: 'u1' };
const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }) as string;

test.each([
  ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
  ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey],
])('%s', (alg, privateKey) => {
  const key = readSigningKey(pem(privateKey));
  const [header = '', claims = '', signature = ''] = signToken(subject, key).split('.');
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
  expect(read(header)).toEqual({ alg, kid: expect.stringMatching(/^[\w-]{43}$/) });
  expect(read(claims)).toEqual({
    iss: 'kubernetes/serviceaccount',
    'kubernetes.io/serviceaccount/namespace': 'shop',
    'kubernetes.io/serviceaccount/secret.name': 'robot-token',
    'kubernetes.io/serviceaccount/service-account.name': 'robot',
    'kubernetes.io/serviceaccount/service-account.uid': 'u1',
    sub: 'system:serviceaccount:shop:robot',
  });
  const publicKey = createPublicKey(key);
  const checked = verify(
    'sha256',
    Buffer.from(`${header}.${claims}`),
    alg === 'RS256' ? publicKey : { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  expect(checked).toBe(true);
});

test('another kind of key is refused', () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  expect(() => readSigningKey(pem(privateKey))).toThrow('RSA or ECDSA P-256, not ed25519');
});

import type { Secret, ServiceAccount } from '@kubelab/api';
import { expect, test } from 'vitest';
import { cached } from '../../test-objects.js';
import { isOf, NAME_ANNOTATION, planSecret, UID_ANNOTATION } from './plan.js';

const account = cached<ServiceAccount>('ServiceAccount', { metadata: { name: 'robot', uid: 'u1' } });
const base64 = (text: string) => Buffer.from(text).toString('base64');
const secret = (annotations: Record<string, string>, data?: Record<string, string>) =>
  cached<Secret>('Secret', {
    metadata: { name: 's', annotations },
    type: 'kubernetes.io/service-account-token',
    ...(data ? { data } : {}),
  });
const annotations = { [NAME_ANNOTATION]: 'robot', [UID_ANNOTATION]: 'u1' };
const full = { 'ca.crt': base64('CA'), namespace: base64('default'), token: base64('old') };
const sign = () => 'new';

test('an empty Secret is given all', () => {
  expect(planSecret(secret({ [NAME_ANNOTATION]: 'robot' }), account, 'CA', sign)).toMatchObject({
    metadata: { name: 's', annotations },
    data: { ...full, token: base64('new') },
  });
});

test('one that has all is left alone', () => {
  expect(planSecret(secret(annotations, full), account, 'CA', sign)).toBeUndefined();
});

test.each([
  ['another authority', secret(annotations, full), 'CA2', { ...full, 'ca.crt': base64('CA2') }],
  ['another namespace', secret(annotations, { ...full, namespace: 'x' }), 'CA', full],
  ['no uid', secret({ [NAME_ANNOTATION]: 'robot' }, full), 'CA', full],
  [
    'a key of its own',
    secret(annotations, { ...full, token: '', mine: 'x' }),
    'CA',
    { ...full, mine: 'x', token: base64('new') },
  ],
  [
    'no authority to give',
    secret(annotations, { token: full.token }),
    undefined,
    { namespace: full.namespace, token: full.token },
  ],
])('%s: the token that is there stays', (_, present, authority, data) => {
  expect(planSecret(present, account, authority, sign)?.data).toEqual(data);
});

test.each([
  [{ [NAME_ANNOTATION]: 'robot' }, true],
  [annotations, true],
  [{ ...annotations, [UID_ANNOTATION]: 'u0' }, false],
  [{ [NAME_ANNOTATION]: 'other' }, false],
])('a Secret annotated %j', (marks, expected) => {
  expect(isOf(secret(marks), account)).toBe(expected);
});

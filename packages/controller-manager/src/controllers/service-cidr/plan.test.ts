import type { IPAddress, ServiceCIDR } from '@kubelab/api';
import { describe, expect, test } from 'vitest';
import { cached, NOW_MS } from '../../test-objects.js';
import { mayGo, READY, STILL_USED, withReady } from './plan.js';

const now = new Date(NOW_MS).toISOString();
const leaving = (...cidrs: string[]) =>
  cached<ServiceCIDR>('ServiceCIDR', { metadata: { name: 'leaving', deletionTimestamp: now }, spec: { cidrs } });
const other = (...cidrs: string[]) =>
  cached<ServiceCIDR>('ServiceCIDR', { metadata: { name: 'other' }, spec: { cidrs } });
const address = (name: string, labels = { 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' }) =>
  cached<IPAddress>('IPAddress', {
    metadata: { name, labels },
    spec: { parentRef: { resource: 'services', namespace: 'default', name: 'web' } },
  });

describe('a ServiceCIDR may go', () => {
  const one = leaving('10.97.0.0/24');
  const used = () => [address('10.97.0.9')];
  test.each([
    ['with no address in it', one, [], () => [address('10.98.0.9')], true],
    ['not with one in it', one, [], used, false],
    ['with one that a user made', one, [], () => [address('10.97.0.9', {} as never)], true],
    ['where a wider one stays', one, [other('10.96.0.0/12')], used, true],
    ['where the same network stays', one, [other('10.97.0.0/24')], used, true],
    ['where a narrower one holds the addresses', one, [other('10.97.0.0/28')], used, true],
    ['not where a narrower one does not', one, [other('10.97.0.16/28')], used, false],
    [
      'not where the wider one goes too',
      one,
      [{ ...leaving('10.96.0.0/12'), metadata: { ...leaving().metadata, name: 'too' } }],
      used,
      false,
    ],
    [
      'of two families, when neither is used',
      leaving('10.97.0.0/24', 'fd00::/112'),
      [],
      () => [address('fd01::1')],
      true,
    ],
    [
      'not of two families, when one is used',
      leaving('10.97.0.0/24', 'fd00::/112'),
      [],
      () => [address('fd00::1')],
      false,
    ],
  ] as const)('%s', (_, cidr, others, addresses, expected) => {
    expect(mayGo(cidr, [cidr, ...others], addresses)).toBe(expected);
  });
});

test('the condition is written when it differs, and keeps its time while the status stays', () => {
  const fresh = withReady(other('10.96.0.0/12'), READY, now);
  expect(fresh).toEqual([{ type: 'Ready', ...READY, lastTransitionTime: now }]);
  const ready = { ...other('10.96.0.0/12'), status: { conditions: fresh ?? [] } };
  expect(withReady(ready, READY, 'later')).toBeUndefined();
  expect(withReady(ready, { ...READY, message: 'x' }, 'later')).toMatchObject([
    { message: 'x', lastTransitionTime: now },
  ]);
  expect(withReady(ready, STILL_USED, 'later')).toMatchObject([
    { status: 'False', reason: 'Terminating', lastTransitionTime: 'later' },
  ]);
});

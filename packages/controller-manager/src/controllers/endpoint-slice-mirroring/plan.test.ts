import type { EndpointSlice, Endpoints } from '@kubelab/api';
import { describe, expect, test } from 'vitest';
import { cached, service, stored } from '../../test-objects.js';
import { isMirrored, MIRRORED_BY, planMirror } from './plan.js';

const http = { name: 'http', port: 80, protocol: 'TCP' };
const own = (subsets: Endpoints['subsets'], metadata: Endpoints['metadata'] = {}) =>
  cached<Endpoints>('Endpoints', {
    metadata: { namespace: 'default', name: 'web', uid: 'uid-web', ...metadata },
    subsets,
  });
const addresses = (...ips: string[]) => ips.map((ip) => ({ ip }));
const after = (subsets: Endpoints['subsets']) =>
  planMirror(own(subsets), []).create.map((slice, index) => stored(slice, `web-${index}`));
const ipsOf = ({ endpoints }: EndpointSlice) => endpoints.map(({ addresses: [ip] }) => ip);

describe('what is mirrored', () => {
  const present = own([]);
  test.each([
    ['Endpoints of a Service without selector', service({ selector: undefined }), present, true],
    ['not of one with a selector', service(), present, false],
    ['not of none', undefined, present, false],
    [
      'not those that say so',
      service({ selector: undefined }),
      own([], { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } }),
      false,
    ],
    [
      'not those that elect a leader',
      service({ selector: undefined }),
      own([], { annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' } }),
      false,
    ],
  ])('%s', (_, of, endpoints, expected) => {
    expect(isMirrored(of, endpoints)).toBe(expected);
  });
});

describe('the slices', () => {
  test('have the labels and annotations, belong to the Endpoints, and tell who is ready', () => {
    const annotations = { kept: 'x', 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
    const subset = {
      addresses: [{ ip: '10.1.2.3', nodeName: 'n' }],
      notReadyAddresses: addresses('10.1.2.4'),
      ports: [http],
    };
    const { create, update, delete: gone } = planMirror(own([subset], { labels: { a: 'b' }, annotations }), []);
    expect([update, gone]).toEqual([[], []]);
    expect(create).toMatchObject([
      {
        metadata: {
          generateName: 'web-',
          labels: {
            a: 'b',
            'kubernetes.io/service-name': 'web',
            'endpointslice.kubernetes.io/managed-by': MIRRORED_BY,
          },
          ownerReferences: [{ kind: 'Endpoints', name: 'web', uid: 'uid-web', controller: true }],
        },
        addressType: 'IPv4',
        ports: [http],
        endpoints: [
          { addresses: ['10.1.2.3'], conditions: { ready: true }, nodeName: 'n' },
          { addresses: ['10.1.2.4'], conditions: { ready: false } },
        ],
      },
    ]);
    expect(create[0]?.metadata?.annotations).toEqual({ kept: 'x' });
  });

  test('are one for each set of ports and family', () => {
    const dns = { name: 'dns', port: 53, protocol: 'UDP' };
    const { create } = planMirror(
      own([
        { addresses: addresses('10.0.0.1', 'fd00::1'), ports: [http] },
        { addresses: addresses('10.0.0.2'), ports: [http] },
        { addresses: addresses('10.0.0.3'), ports: [dns] },
      ]),
      [],
    );
    expect(create.map((slice) => [slice.addressType, slice.ports?.[0]?.port, ipsOf(slice)])).toEqual([
      ['IPv4', 80, ['10.0.0.1', '10.0.0.2']],
      ['IPv6', 80, ['fd00::1']],
      ['IPv4', 53, ['10.0.0.3']],
    ]);
  });

  test('stay as they are where nothing has changed', () => {
    const subsets = [{ addresses: addresses('10.0.0.1'), ports: [http] }];
    expect(planMirror(own(subsets), after(subsets))).toEqual({ create: [], update: [], delete: [] });
  });

  test('with other ports are the same slice, written once', () => {
    const present = after([{ addresses: addresses('10.1.2.3'), ports: [http] }]);
    const plan = planMirror(own([{ addresses: addresses('10.2.3.4'), ports: [{ ...http, port: 9090 }] }]), present);
    expect([plan.create, plan.delete]).toEqual([[], []]);
    expect(plan.update).toMatchObject([{ metadata: { name: 'web-0' }, ports: [{ port: 9090 }] }]);
    expect(plan.update.flatMap(ipsOf)).toEqual(['10.2.3.4']);
  });

  test('go with the last address', () => {
    const present = after([{ addresses: addresses('10.1.2.3'), ports: [http] }]);
    expect(planMirror(own([]), present)).toEqual({ create: [], update: [], delete: present });
  });
});

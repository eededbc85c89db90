import type { Node } from '@kubelab/api';
import { describe, expect, it } from 'vitest';
import { parseIpv4Range } from './ipv4.js';
import { planNodeRoutes, routedNode } from './node-route-plan.js';

const near = { name: 'near', podCidr: '10.244.2.0/24', address: '172.20.0.3' };
const far = { name: 'far', podCidr: '10.244.3.0/24', address: '192.168.7.9' };
const networks = [parseIpv4Range('172.20.0.2/16')].filter((range) => range !== undefined);

const direct = (node: typeof near) => ({ podCidr: node.podCidr, via: node.address });
const nearTunnel = {
  podCidr: '10.244.2.0/24',
  nodeAddress: '172.20.0.3',
  tunnelAddress: '10.244.2.0',
  macAddress: '0a:6b:ac:14:00:03',
};
const farTunnel = {
  podCidr: '10.244.3.0/24',
  nodeAddress: '192.168.7.9',
  tunnelAddress: '10.244.3.0',
  macAddress: '0a:6b:c0:a8:07:09',
};

it.each([
  ['auto', { direct: [direct(near)], tunnelled: [farTunnel] }],
  ['host-gw', { direct: [direct(far), direct(near)], tunnelled: [] }],
  ['vxlan', { direct: [], tunnelled: [farTunnel, nearTunnel] }],
] as const)('plans routes by %s', (mode, plan) => {
  expect(planNodeRoutes([near, far], mode, networks)).toEqual(plan);
});

describe('routedNode', () => {
  const node = (podCIDRs: string[], addresses: [string, string][]): Node => ({
    metadata: { name: 'n' },
    spec: { podCIDR: podCIDRs[0], podCIDRs },
    status: { addresses: addresses.map(([type, address]) => ({ type, address })) },
  });

  it('takes the first of IPv4 of each', () => {
    const dual = node(
      ['fd00::/64', '10.244.1.0/24'],
      [
        ['Hostname', 'n'],
        ['InternalIP', 'fd00::1'],
        ['InternalIP', '172.20.0.2'],
      ],
    );
    expect(routedNode(dual)).toEqual({ name: 'n', podCidr: '10.244.1.0/24', address: '172.20.0.2' });
  });

  it.each([
    [node([], [['InternalIP', '172.20.0.2']])],
    [node(['10.244.1.0/24'], [['ExternalIP', '172.20.0.2']])],
    [node(['10.244.1.0/33'], [['InternalIP', '172.20.0.2']])],
    [{ metadata: { name: 'n' } }],
  ])('leaves out %j', (incomplete) => {
    expect(routedNode(incomplete)).toBeUndefined();
  });
});

it.each([
  ['10.244.1.7/24', { base: 0x0af40100, prefixLength: 24 }],
  ['255.255.255.255/0', { base: 0, prefixLength: 0 }],
  ['1.2.3.4/32', { base: 0x01020304, prefixLength: 32 }],
  ['1.2.3.4', undefined],
  ['1.2.3.256/8', undefined],
  ['1.2.3.4/8/8', undefined],
])('reads the range %s', (text, range) => {
  expect(parseIpv4Range(text)).toEqual(range);
});

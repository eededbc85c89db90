import { describe, expect, it } from 'vitest';
import { firstFreeSubnet, routedSubnets } from './free-subnet.js';

const POOLS = [
  { base: '172.17.0.0/16', size: 16 },
  { base: '172.20.0.0/14', size: 16 },
  { base: '192.168.0.0/16', size: 20 },
];
const WHOLE = ['172.17.0.0/16', '172.20.0.0/14'];

describe('firstFreeSubnet', () => {
  it.each([
    ['the first where nothing is taken', [], '172.17.0.0/16'],
    ['the next where that is taken', ['172.17.0.0/16'], '172.20.0.0/16'],
    ['none of which a part is taken', ['172.17.8.0/24', '172.20.0.5/32', '172.21.255.0/24'], '172.22.0.0/16'],
    ['none that is part of something larger', ['172.16.0.0/12'], '192.168.0.0/20'],
    ['the next block of a pool', [...WHOLE, '192.168.0.0/20', '192.168.16.0/24'], '192.168.32.0/20'],
    ['what is free though IPv6 is in use', ['fd00::/64', ''], '172.17.0.0/16'],
  ])('gives %s', (_, taken, subnet) => {
    expect(firstFreeSubnet(POOLS, taken)).toBe(subnet);
  });

  it('gives none where all are taken', () => {
    expect(firstFreeSubnet(POOLS, [...WHOLE, '192.168.0.0/16'])).toBeUndefined();
  });

  it('takes no subnet larger than its pool', () => {
    expect(firstFreeSubnet([{ base: '10.1.0.0/24', size: 16 }], [])).toBeUndefined();
  });
});

describe('routedSubnets', () => {
  it('reads routes, but not the default one', () => {
    const routes = [
      'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
      'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
      'br-1\t0010A8C0\t00000000\t0001\t0\t0\t0\t00F0FFFF\t0\t0\t0',
      'eth0\t020200C0\t00000000\t0001\t0\t0\t0\tFFFFFFFF\t0\t0\t0',
      '',
    ].join('\n');
    expect(routedSubnets(routes)).toEqual(['192.168.16.0/20', '192.0.2.2/32']);
  });
});

import { describe, expect, it } from 'vitest';
import { staleFlows } from './conntrack.js';
import type { Frontend, ServiceRules } from './rule-model.js';

const rulesOf = (protocol: Frontend['protocol'], ...ips: string[]): ServiceRules => ({
  frontends: [
    {
      servicePort: 'ns/dns:',
      kind: 'cluster',
      address: '10.96.0.10',
      protocol,
      port: 53,
      endpoints: ips.map((ip) => ({ ip, port: 53 })),
      whenEmpty: 'reject',
      masquerade: false,
      affinityTimeoutSeconds: 0,
    },
  ],
  clusterAddresses: ['10.96.0.10'],
  localEndpointAddresses: [],
});

const shared = { protocol: 'UDP', address: '10.96.0.10', port: 53 };

describe('staleFlows', () => {
  it.each([
    ['an endpoint that left', rulesOf('UDP', 'a', 'b'), rulesOf('UDP', 'b'), [{ ...shared, endpointIp: 'a' }]],
    ['the Service that left', rulesOf('UDP', 'a'), undefined, [{ ...shared, endpointIp: 'a' }]],
    ['the first endpoint', rulesOf('UDP'), rulesOf('UDP', 'a'), [{ ...shared, endpointIp: undefined }]],
    ['another endpoint', rulesOf('UDP', 'a'), rulesOf('UDP', 'a', 'b'), []],
    ['TCP, which ends its own', rulesOf('TCP', 'a'), rulesOf('TCP'), []],
  ])('%s', (_, before, after, expected) => {
    expect(staleFlows(before, after)).toEqual(expected);
  });
});

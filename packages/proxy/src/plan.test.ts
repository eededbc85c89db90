import type { EndpointSlice, Service, ServiceSpec } from '@kubelab/api';
import { describe, expect, it } from 'vitest';
import { planService } from './plan.js';
import type { Frontend } from './rule-model.js';

const serviceOf = (spec: Partial<ServiceSpec>, status?: Service['status']): Service => ({
  metadata: { namespace: 'ns', name: 'web' },
  spec: { type: 'ClusterIP', clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ports: [{ port: 80 }], ...spec },
  ...(status ? { status } : {}),
});

type Endpoint = EndpointSlice['endpoints'][number];

const sliceOf = (
  endpoints: Endpoint[],
  ports: EndpointSlice['ports'] = [{ name: '', port: 8080, protocol: 'TCP' }],
): EndpointSlice => ({
  addressType: 'IPv4',
  metadata: { namespace: 'ns', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
  endpoints,
  ports,
});

const here: Endpoint = { addresses: ['10.244.0.2'], nodeName: 'node1', conditions: { ready: true } };
const there: Endpoint = { addresses: ['10.244.1.2'], nodeName: 'node2', conditions: { ready: true } };
const unready: Endpoint = { addresses: ['10.244.1.3'], nodeName: 'node2', conditions: { ready: false } };
const leaving: Endpoint = {
  addresses: ['10.244.1.4'],
  nodeName: 'node2',
  conditions: { ready: false, serving: true, terminating: true },
};

const plan = (service: Service, ...slices: EndpointSlice[]) => planService({ service, slices, nodeName: 'node1' });
const shown = (frontends: readonly Frontend[]) =>
  frontends.map(
    ({ kind, address, port, endpoints, whenEmpty, masquerade }) =>
      `${kind} ${address}:${port} → ${endpoints.map(({ ip, port: to }) => `${ip}:${to}`).join(',') || whenEmpty}${masquerade ? ' masquerade' : ''}`,
  );

describe('planService', () => {
  it.each(['service-proxy-name', 'headless'])('no rules for a Service with the label %s', (label) => {
    const service = serviceOf({});
    const labels = { [`service.kubernetes.io/${label}`]: '' };
    const labelled = { ...service, metadata: { ...service.metadata, labels } };
    const plan = (of: Service) => planService({ service: of, slices: [sliceOf([here])], nodeName: 'n1' }).frontends;
    expect(plan(service)).not.toEqual([]);
    expect(plan(labelled)).toEqual([]);
  });

  it.each<[string, Service, EndpointSlice[], string[]]>([
    ['no rules for a headless Service', serviceOf({ clusterIP: 'None', clusterIPs: ['None'] }), [sliceOf([here])], []],
    ['no rules for an ExternalName', serviceOf({ type: 'ExternalName', externalName: 'a.b' }), [], []],
    [
      'ready endpoints alone',
      serviceOf({}),
      [sliceOf([there, unready, here])],
      ['cluster 10.96.0.7:80 → 10.244.0.2:8080,10.244.1.2:8080'],
    ],
    [
      'an endpoint without conditions is ready',
      serviceOf({}),
      [sliceOf([{ addresses: ['10.244.0.9'] }])],
      ['cluster 10.96.0.7:80 → 10.244.0.9:8080'],
    ],
    ['refused without ready endpoints', serviceOf({}), [sliceOf([unready])], ['cluster 10.96.0.7:80 → reject']],
    [
      'one that terminates but serves, when there is no other',
      serviceOf({}),
      [sliceOf([leaving, unready])],
      ['cluster 10.96.0.7:80 → 10.244.1.4:8080'],
    ],
    [
      'not one that terminates while another is ready',
      serviceOf({}),
      [sliceOf([leaving, here])],
      ['cluster 10.96.0.7:80 → 10.244.0.2:8080'],
    ],
    [
      'the same endpoint in two slices once',
      serviceOf({}),
      [sliceOf([here]), sliceOf([here])],
      ['cluster 10.96.0.7:80 → 10.244.0.2:8080'],
    ],
    [
      'only IPv4 slices',
      serviceOf({}),
      [{ ...sliceOf([here]), addressType: 'IPv6' }],
      ['cluster 10.96.0.7:80 → reject'],
    ],
    [
      'a node port, masqueraded',
      serviceOf({ type: 'NodePort', ports: [{ port: 80, nodePort: 32080 }] }),
      [sliceOf([there])],
      ['cluster 10.96.0.7:80 → 10.244.1.2:8080', 'node-port :32080 → 10.244.1.2:8080 masquerade'],
    ],
    [
      'externalTrafficPolicy Local: dropped with endpoints elsewhere, all of them for the pods',
      serviceOf({ type: 'NodePort', externalTrafficPolicy: 'Local', ports: [{ port: 80, nodePort: 32080 }] }),
      [sliceOf([there])],
      [
        'cluster 10.96.0.7:80 → 10.244.1.2:8080',
        'node-port :32080 → drop',
        'node-port-internal :32080 → 10.244.1.2:8080 masquerade',
      ],
    ],
    [
      'internalTrafficPolicy Local',
      serviceOf({ internalTrafficPolicy: 'Local' }),
      [sliceOf([there, here])],
      ['cluster 10.96.0.7:80 → 10.244.0.2:8080'],
    ],
    [
      'internalTrafficPolicy Local with endpoints elsewhere',
      serviceOf({ internalTrafficPolicy: 'Local' }),
      [sliceOf([there])],
      ['cluster 10.96.0.7:80 → drop'],
    ],
    [
      'external and load balancer addresses',
      serviceOf({ externalIPs: ['192.0.2.9'] }, { loadBalancer: { ingress: [{ ip: '192.0.2.10' }] } }),
      [sliceOf([here])],
      [
        'cluster 10.96.0.7:80 → 10.244.0.2:8080',
        'external 192.0.2.9:80 → 10.244.0.2:8080 masquerade',
        'external 192.0.2.10:80 → 10.244.0.2:8080 masquerade',
      ],
    ],
    [
      'ports by name and protocol',
      serviceOf({
        ports: [
          { name: 'web', port: 80 },
          { name: 'dns', port: 53, protocol: 'UDP' },
        ],
      }),
      [
        sliceOf(
          [here],
          [
            { name: 'dns', port: 5353, protocol: 'UDP' },
            { name: 'web', port: 8080, protocol: 'TCP' },
          ],
        ),
      ],
      ['cluster 10.96.0.7:80 → 10.244.0.2:8080', 'cluster 10.96.0.7:53 → 10.244.0.2:5353'],
    ],
  ])('%s', (_, service, slices, expected) => {
    expect(shown(plan(service, ...slices).frontends)).toEqual(expected);
  });

  it('knows the endpoints that may reach themselves, and the affinity', () => {
    const service = serviceOf({ sessionAffinity: 'ClientIP' });
    expect(plan(service, sliceOf([here, there])).localEndpointAddresses).toEqual(['10.244.0.2']);
    expect(plan(service, sliceOf([here])).frontends[0]?.affinityTimeoutSeconds).toBe(10_800);
  });
});

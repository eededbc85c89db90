import { describe, expect, it } from 'vitest';
import type { FieldError } from '../errors.js';
import type { Service, ServiceSpec } from '../generated/types.js';
import type { Persisted } from '../object.js';
import { services } from './service.js';

const { strategy } = services;
const texts = (errors: FieldError[] = []): string[] => errors.map(({ field, message }) => `${field}: ${message}`);

function serviceOf(spec: ServiceSpec): Service {
  const service: Service = { metadata: { name: 's' }, spec };
  strategy.setDefaults?.(service);
  strategy.prepareForCreate?.(service);
  return service;
}

function update(before: ServiceSpec, after: ServiceSpec): Service {
  const service: Service = { metadata: { name: 's' }, spec: after };
  strategy.setDefaults?.(service);
  strategy.prepareForUpdate?.(service, serviceOf(before) as Persisted<Service>);
  return service;
}

describe('services', () => {
  it('fills in what Kubernetes fills in', () => {
    expect(serviceOf({ ports: [{ port: 80 }] }).spec).toEqual({
      type: 'ClusterIP',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    });
    expect(serviceOf({ type: 'NodePort' }).spec?.externalTrafficPolicy).toBe('Cluster');
    expect(serviceOf({ type: 'LoadBalancer' }).spec?.allocateLoadBalancerNodePorts).toBe(true);
    expect(serviceOf({ sessionAffinity: 'ClientIP' }).spec?.sessionAffinityConfig).toEqual({
      clientIP: { timeoutSeconds: 10800 },
    });
    expect(serviceOf({ type: 'ExternalName', externalName: 'a.b' }).spec).toEqual({
      type: 'ExternalName',
      externalName: 'a.b',
      sessionAffinity: 'None',
    });
    expect(serviceOf({ clusterIP: 'None' }).spec?.clusterIPs).toEqual(['None']);
  });

  const ports = [{ port: 80 }];
  it.each<[string, ServiceSpec, string[]]>([
    ['right', { ports }, []],
    ['headless without ports', { clusterIP: 'None' }, []],
    ['no ports', {}, ['spec.ports: Required value']],
    [
      'type',
      { ports, type: 'x' },
      ['spec.type: Unsupported value: "x": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"'],
    ],
    [
      'port 0',
      { ports: [{ port: 0 }] },
      [
        'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
        'spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive',
      ],
    ],
    [
      'target port',
      { ports: [{ port: 80, targetPort: 70000 }] },
      ['spec.ports[0].targetPort: Invalid value: 70000: must be between 1 and 65535, inclusive'],
    ],
    [
      'protocol',
      { ports: [{ port: 80, protocol: 'x' }] },
      ['spec.ports[0].protocol: Unsupported value: "x": supported values: "SCTP", "TCP", "UDP"'],
    ],
    [
      'two without names',
      { ports: [{ port: 80 }, { port: 81 }] },
      ['spec.ports[0].name: Required value', 'spec.ports[1].name: Required value'],
    ],
    [
      'names twice',
      {
        ports: [
          { port: 80, name: 'a' },
          { port: 81, name: 'a' },
        ],
      },
      ['spec.ports[1].name: Duplicate value: "a"'],
    ],
    [
      'ports twice',
      {
        ports: [
          { port: 80, name: 'a' },
          { port: 80, name: 'b' },
        ],
      },
      [
        'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
      ],
    ],
    [
      'node port of a cluster ip',
      { ports: [{ port: 80, nodePort: 30000 }] },
      ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    ],
    [
      'node ports twice',
      {
        type: 'NodePort',
        ports: [
          { port: 80, name: 'a', nodePort: 30000 },
          { port: 81, name: 'b', nodePort: 30000 },
        ],
      },
      ['spec.ports[1].nodePort: Duplicate value: 30000'],
    ],
    [
      'same node port for two protocols',
      {
        type: 'NodePort',
        ports: [
          { port: 80, name: 'a', nodePort: 30000 },
          { port: 80, name: 'b', protocol: 'UDP', nodePort: 30000 },
        ],
      },
      [],
    ],
    [
      'headless node port',
      { type: 'NodePort', ports, clusterIP: 'None' },
      ['spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services'],
    ],
    [
      'cluster ip',
      { ports, clusterIP: 'x' },
      ['spec.clusterIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ],
    ['no external name', { type: 'ExternalName' }, ['spec.externalName: Required value']],
    [
      'affinity',
      { ports, sessionAffinity: 'x' },
      ['spec.sessionAffinity: Unsupported value: "x": supported values: "ClientIP", "None"'],
    ],
    [
      'affinity time',
      { ports, sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 86401 } } },
      [
        'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400',
      ],
    ],
    [
      'external policy',
      { ports, externalTrafficPolicy: 'Local' },
      ['spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services'],
    ],
    [
      'internal policy',
      { ports, internalTrafficPolicy: 'x' },
      ['spec.internalTrafficPolicy: Unsupported value: "x": supported values: "Cluster", "Local"'],
    ],
    [
      'health check',
      { ports, healthCheckNodePort: 30000 },
      [
        "spec.healthCheckNodePort: Invalid value: 30000: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ],
    ],
    [
      'external ip',
      { ports, externalIPs: ['x'] },
      ['spec.externalIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ],
    [
      'kubelet port',
      { type: 'LoadBalancer', ports: [{ port: 10250 }] },
      ['spec.ports[0]: Invalid value: 10250: may not expose port 10250 externally since it is used by kubelet'],
    ],
    [
      'balancer class',
      { ports, loadBalancerClass: 'a' },
      ["spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'"],
    ],
    [
      'families',
      { ports, ipFamilies: ['x'] },
      ['spec.ipFamilies[0]: Unsupported value: "x": supported values: "IPv4", "IPv6"'],
    ],
  ])('%s', (_, spec, expected) => {
    expect(texts(strategy.validate?.(serviceOf(spec)))).toEqual(expected);
  });

  it('keeps its address over updates', () => {
    const before = { ports, clusterIP: '10.96.0.5' };
    expect(update(before, { ports: [{ port: 81 }] }).spec).toMatchObject({
      clusterIP: '10.96.0.5',
      clusterIPs: ['10.96.0.5'],
    });
    const moved = update(before, { ports, clusterIP: '10.96.0.6' });
    expect(texts(strategy.validateUpdate?.(moved, serviceOf(before) as Persisted<Service>))).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.96.0.6"]: may not change once set',
    ]);
  });

  it('loses with a type what only that type has', () => {
    const nodePort: ServiceSpec = { type: 'NodePort', clusterIP: '10.96.0.5', ports: [{ port: 80, nodePort: 30080 }] };
    const cluster = update(nodePort, { ...structuredClone(serviceOf(nodePort).spec), type: 'ClusterIP' });
    expect(texts(strategy.validate?.(cluster))).toEqual([]);
    expect(cluster.spec?.ports?.[0]?.nodePort).toBeUndefined();
    const external = update(nodePort, {
      ...structuredClone(serviceOf(nodePort).spec),
      type: 'ExternalName',
      externalName: 'a.b',
    });
    expect(texts(strategy.validate?.(external))).toEqual([]);
  });
});

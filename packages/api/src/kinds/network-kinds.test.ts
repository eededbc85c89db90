import { describe, expect, it } from 'vitest';
import type { KubernetesObject, Persisted } from '../object.js';
import type { ResourceType } from '../resource.js';
import { ingressClasses, ingresses, ipAddresses, networkPolicies, roleBindings } from './table.js';

const METADATA = { name: 'a', uid: 'u', resourceVersion: '1', creationTimestamp: '2025-01-01T00:00:00Z' };

function defaulted<T extends KubernetesObject>(resource: ResourceType<T>, object: object): T {
  const copy = structuredClone(object) as unknown as T;
  resource.strategy.setDefaults?.(copy);
  return copy;
}

function cells<T extends KubernetesObject>(resource: ResourceType<T>, object: object): Record<string, unknown> {
  const persisted = { metadata: METADATA, ...object } as unknown as Persisted<T>;
  return Object.fromEntries(resource.columns.map(({ name, value }) => [name, value(persisted, 0)]));
}

describe('defaults', () => {
  it.each([
    [{}, ['Ingress']],
    [{ ingress: [{}] }, ['Ingress']],
    [{ egress: [{}] }, ['Ingress', 'Egress']],
    [{ egress: [{}], policyTypes: ['Egress'] }, ['Egress']],
  ])('of a network policy with %j are of types %j', (spec, types) => {
    expect(defaulted(networkPolicies, { spec }).spec?.policyTypes).toEqual(types);
  });

  it('of its ports are TCP', () => {
    const spec = { ingress: [{ ports: [{ port: 1 }, { port: 2, protocol: 'UDP' }] }] };
    expect(defaulted(networkPolicies, { spec }).spec?.ingress?.[0]?.ports).toEqual([
      { port: 1, protocol: 'TCP' },
      { port: 2, protocol: 'UDP' },
    ]);
  });

  it('of a binding name the group where there is one', () => {
    const subjects = [
      { kind: 'User', name: 'a' },
      { kind: 'Group', name: 'b' },
      { kind: 'ServiceAccount', name: 'c' },
    ];
    const group = 'rbac.authorization.k8s.io';
    expect(defaulted(roleBindings, { roleRef: { kind: 'Role', name: 'r' }, subjects })).toEqual({
      roleRef: { kind: 'Role', name: 'r', apiGroup: group },
      subjects: [{ ...subjects[0], apiGroup: group }, { ...subjects[1], apiGroup: group }, subjects[2]],
    });
  });

  it('of an ingress class are of the cluster', () => {
    const spec = { controller: 'a/b', parameters: { kind: 'K', name: 'n' } };
    expect(defaulted(ingressClasses, { spec }).spec?.parameters?.scope).toBe('Cluster');
  });
});

describe('columns', () => {
  it.each([
    [[], '*'],
    [[{}], '*'],
    [[{ host: 'a' }, { host: 'b' }], 'a,b'],
    [[{ host: 'a' }, { host: 'b' }, { host: 'c' }, { host: 'd' }, { host: 'e' }], 'a,b,c + 2 more...'],
  ])('of an ingress for %j: %s', (rules, hosts) => {
    expect(cells(ingresses, { spec: { rules } })).toMatchObject({ Class: '<none>', Hosts: hosts, Ports: '80' });
  });

  it('of an ingress show where it is reached', () => {
    const ingress = [{ ip: '10.0.0.2' }, { hostname: 'b.example.com' }, { ip: '10.0.0.1' }];
    expect(cells(ingresses, { status: { loadBalancer: { ingress } } })).toMatchObject({
      Address: '10.0.0.1,10.0.0.2,b.example.com',
    });
  });

  it.each([
    [{ resource: 'Services', namespace: 'n', name: 'a' }, 'services/n/a'],
    [{ group: 'gateway.networking.k8s.io', resource: 'gateways', name: 'a' }, 'gateways.gateway.networking.k8s.io/a'],
    [undefined, '<none>'],
  ])('of an address of %j: %s', (parentRef, text) => {
    expect(cells(ipAddresses, { spec: { parentRef } })).toMatchObject({ ParentRef: text });
  });
});

import { describe, expect, it } from 'vitest';
import type { FieldError } from '../errors.js';
import type { EndpointSlice, Endpoints, Event, Lease, Namespace, Node, Taint } from '../generated/types.js';
import type { KubernetesObject, Persisted } from '../object.js';
import type { ResourceType } from '../resource.js';
import { endpointSlices } from './endpoint-slice.js';
import { endpoints } from './endpoints.js';
import { events } from './event.js';
import { leases } from './lease.js';
import { namespaces } from './namespace.js';
import { nodes } from './node.js';

const texts = (errors: FieldError[] = []): string[] => errors.map(({ field, message }) => `${field}: ${message}`);

function check<T extends KubernetesObject>(resource: ResourceType<T>, object: T): string[] {
  resource.strategy.setDefaults?.(object);
  return texts(resource.strategy.validate?.(object));
}

describe('namespaces', () => {
  it('get a label, a finalizer and a phase', () => {
    const namespace: Namespace = { metadata: { name: 'a', labels: { x: 'y' } } };
    namespaces.strategy.setDefaults?.(namespace);
    namespaces.strategy.prepareForCreate?.(namespace);
    expect(namespace).toEqual({
      metadata: { name: 'a', labels: { x: 'y', 'kubernetes.io/metadata.name': 'a' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  });

  it('keep finalizers and status over updates', () => {
    const old = { spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } } as Persisted<Namespace>;
    const namespace: Namespace = { spec: { finalizers: [] }, status: { phase: 'x' } };
    namespaces.strategy.prepareForUpdate?.(namespace, old);
    expect(namespace).toEqual(old);
    expect(texts(namespaces.strategy.validateStatusUpdate?.({ status: { phase: 'Terminating' } }, old))).toEqual([
      'status.Phase: Invalid value: "Terminating": may only be \'Active\' if `deletionTimestamp` is empty',
    ]);
    expect(check(namespaces, { spec: { finalizers: ['mine'] } })).toEqual([
      'spec.finalizers: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
    ]);
  });
});

describe('nodes', () => {
  it.each<[string, Taint[], string[]]>([
    [
      'right',
      [
        { key: 'a', effect: 'NoSchedule' },
        { key: 'a', effect: 'NoExecute' },
      ],
      [],
    ],
    [
      'effect',
      [{ key: 'a', effect: 'x' }],
      [
        'spec.taints[0].effect: Unsupported value: "x": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
      ],
    ],
    ['no effect', [{ key: 'a', effect: '' }], ['spec.taints[0].effect: Required value']],
    [
      'twice',
      [
        { key: 'a', effect: 'NoExecute' },
        { key: 'a', value: 'b', effect: 'NoExecute' },
      ],
      ['spec.taints[1]: Duplicate value: {"Key":"a","Value":"b","Effect":"NoExecute","TimeAdded":null}'],
    ],
  ])('taints: %s', (_, taints, expected) => {
    expect(check(nodes, { spec: { taints } })).toEqual(expected);
  });

  it('fill in ranges and amounts', () => {
    const node: Node = { spec: { podCIDR: '10.0.0.0/24' }, status: { capacity: { cpu: '1000m', memory: '1024Ki' } } };
    nodes.strategy.setDefaults?.(node);
    expect(node.spec?.podCIDRs).toEqual(['10.0.0.0/24']);
    expect(node.status?.allocatable).toEqual({ cpu: '1', memory: '1Mi' });
    expect(check(nodes, { spec: { podCIDRs: ['x'] } })).toEqual([
      'spec.podCIDRs[0]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ]);
    expect(check(nodes, { status: { capacity: { cpu: '-1' } } })).toHaveLength(2);
  });

  it('keep their range', () => {
    const update = (podCIDRs: string[], old: string[]): string[] =>
      texts(nodes.strategy.validateUpdate?.({ spec: { podCIDRs } }, { spec: { podCIDRs: old } } as Persisted<Node>));
    expect(update(['10.0.0.0/24'], [])).toEqual([]);
    expect(update(['10.0.1.0/24'], ['10.0.0.0/24'])).toEqual([
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
    ]);
  });
});

describe('endpoints and slices', () => {
  it.each<[string, Endpoints, string[]]>([
    ['right', { subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }] }, []],
    ['empty', { subsets: [{}] }, ['subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`']],
    [
      'address',
      { subsets: [{ addresses: [{ ip: 'x' }] }] },
      ['subsets[0].addresses[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ],
    [
      'loopback',
      { subsets: [{ addresses: [{ ip: '127.0.0.1' }] }] },
      [
        'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      ],
    ],
    [
      'port names',
      { subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80, name: 'a' }, { port: 81 }] }] },
      ['subsets[0].ports[1].name: Required value'],
    ],
  ])('%s', (_, object, expected) => {
    expect(check(endpoints, object)).toEqual(expected);
  });

  const slice = (more: Partial<EndpointSlice>): EndpointSlice => ({ addressType: 'IPv4', endpoints: [], ...more });
  it.each<[string, EndpointSlice, string[]]>([
    ['right', slice({ endpoints: [{ addresses: ['10.0.0.1'] }], ports: [{ port: 80 }] }), []],
    [
      'type',
      slice({ addressType: 'x' }),
      ['addressType: Unsupported value: "x": supported values: "FQDN", "IPv4", "IPv6"'],
    ],
    [
      'no address',
      slice({ endpoints: [{ addresses: [] }] }),
      ['endpoints[0].addresses: Required value: must contain at least 1 address'],
    ],
    [
      'family',
      slice({ endpoints: [{ addresses: ['::2'] }] }),
      ['endpoints[0].addresses[0]: Invalid value: "::2": must be an IPv4 address'],
    ],
    [
      'too many',
      slice({ endpoints: Array.from({ length: 1001 }, () => ({ addresses: ['10.0.0.1'] })) }),
      ['endpoints: Too many: 1001: must have at most 1000 items'],
    ],
    ['port names', slice({ ports: [{ port: 80 }, { port: 81 }] }), ['ports[1].name: Duplicate value: ""']],
  ])('%s', (_, object, expected) => {
    expect(check(endpointSlices, object)).toEqual(expected);
  });
});

describe('leases and events', () => {
  it.each<[Lease['spec'], string[]]>([
    [{ leaseDurationSeconds: 15 }, []],
    [{ leaseDurationSeconds: 0 }, ['spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0']],
    [{ leaseTransitions: -1 }, ['spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0']],
  ])('lease %j', (spec, expected) => {
    expect(check(leases, { spec })).toEqual(expected);
  });

  const event = (more: Partial<Event>): Event => ({
    metadata: { namespace: 'x' },
    involvedObject: { namespace: 'x' },
    ...more,
  });
  it.each<[string, Event, string[]]>([
    ['right', event({}), []],
    ['of a node', event({ metadata: { namespace: 'default' }, involvedObject: {} }), []],
    [
      'elsewhere',
      event({ involvedObject: { namespace: 'y' } }),
      ['involvedObject.namespace: Invalid value: "y": does not match event.namespace'],
    ],
    [
      'of a node elsewhere',
      event({ involvedObject: {} }),
      ['involvedObject.namespace: Invalid value: "": does not match event.namespace'],
    ],
    [
      'with a time',
      event({
        eventTime: '2024-01-01T00:00:00.000000Z',
        type: 'Normal',
        reason: 'a',
        action: 'b',
        reportingComponent: 'c',
      }),
      ['reportingInstance: Required value'],
    ],
  ])('event %s', (_, object, expected) => {
    expect(check(events, object)).toEqual(expected);
  });

  it('expire after an hour', () => {
    expect(events.strategy.timeToLiveSeconds).toBe(3600);
  });
});

import type { EndpointSlice, Node } from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import { describe, expect, test } from 'vitest';
import { node, pod, service, stored } from '../../test-objects.js';
import { planSlices, type SlicePlan, targetPort } from './plan.js';

type Slices = Cached<EndpointSlice>[];
const zone = node('n1', 'True', { metadata: { labels: { 'topology.kubernetes.io/zone': 'z1' } } });
const nodeOf = (name: string): Cached<Node> | undefined => ({ n1: zone, n2: node('n2', 'True') })[name];
const make = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => numbered(from + index, 9));
const numbered = (number: number, readyFor?: number) =>
  pod({ name: `p${number}`, ip: `10.0.${Math.floor(number / 250)}.${(number % 250) + 1}`, readyFor });

const plan = (pods: ReturnType<typeof pod>[], existing: Slices = [], of = service()): SlicePlan =>
  planSlices({ service: of, pods, existing, nodeOf });

let made = 0;
/** What is stored once the plan was carried out. */
function after(existing: Slices, { create, update, delete: gone }: SlicePlan): Slices {
  const updated = new Map(update.map((slice) => [slice.metadata?.name, slice]));
  const kept = existing.filter((slice) => !gone.includes(slice));
  return [
    ...kept.map((slice) => (updated.get(slice.metadata.name) as Cached<EndpointSlice> | undefined) ?? slice),
    ...create.map((slice) => stored(slice, `slice-${++made}`)),
  ];
}
const writes = ({ create, update, delete: gone }: SlicePlan) => [create.length, update.length, gone.length];
const counts = (slices: Slices) => slices.map(({ endpoints = [] }) => endpoints.length).sort((a, b) => b - a);
const addresses = (slices: Slices) =>
  slices.flatMap(({ endpoints = [] }) => endpoints.map(({ addresses: [ip] }) => ip));

describe('packing', () => {
  test.each([
    [1, [1]],
    [100, [100]],
    [101, [100, 1]],
    [250, [100, 100, 50]],
  ])('%i pods', (count, expected) => {
    const first = plan(make(0, count));
    expect(writes(first)).toEqual([expected.length, 0, 0]);
    const slices = after([], first);
    expect(counts(slices)).toEqual(expected);
    expect(new Set(addresses(slices)).size).toBe(count);
    expect(writes(plan(make(0, count), slices))).toEqual([0, 0, 0]);
  });

  test('a pod more goes to the fullest with room: one write', () => {
    const slices = after([], plan(make(0, 250)));
    const next = plan(make(0, 251), slices);
    expect(writes(next)).toEqual([0, 1, 0]);
    expect(counts(after(slices, next))).toEqual([100, 100, 51]);
  });

  test('more than one slice has room for go to a new one: one write', () => {
    const slices = after([], plan(make(0, 280)));
    const fewer = after(slices, plan([...make(0, 90), ...make(100, 190), ...make(200, 280)], slices));
    expect(counts(fewer)).toEqual([90, 90, 80]);
    const pods = [...make(0, 90), ...make(100, 190), ...make(200, 280), ...make(300, 325)];
    const next = plan(pods, fewer);
    expect(writes(next)).toEqual([1, 0, 0]);
    expect(counts(after(fewer, next))).toEqual([90, 90, 80, 25]);
  });

  test('a replaced pod takes the room in the slice that is written anyway', () => {
    const slices = after([], plan(make(0, 250)));
    const next = plan([...make(0, 150), ...make(151, 251)], slices);
    expect(writes(next)).toEqual([0, 1, 0]);
    expect(addresses(after(slices, next))).toContain('10.0.1.1');
  });

  test('a slice that is emptied goes', () => {
    const slices = after([], plan(make(0, 150)));
    const next = plan(make(0, 100), slices);
    expect(writes(next)).toEqual([0, 0, 1]);
    expect(counts(after(slices, next))).toEqual([100]);
  });

  test('a pod is in one slice only, though two had it', () => {
    const [slice] = after([], plan(make(0, 2))) as [Cached<EndpointSlice>];
    const twin = { ...slice, metadata: { ...slice.metadata, name: 'twin', uid: 'twin' } };
    const next = plan(make(0, 2), [slice, twin]);
    expect(writes(next)).toEqual([0, 0, 1]);
  });
});

describe('a Service without pods', () => {
  test('has one empty slice, which the first pod fills: one write', () => {
    const first = plan([]);
    expect(first.create).toMatchObject([{ endpoints: [], ports: [], addressType: 'IPv4' }]);
    const slices = after([], first);
    expect(writes(plan([], slices))).toEqual([0, 0, 0]);
    const next = plan(make(0, 1), slices);
    expect(writes(next)).toEqual([0, 1, 0]);
    expect(next.update).toMatchObject([{ metadata: { name: slices[0]?.metadata.name }, ports: [{ port: 80 }] }]);
  });

  test('that had some keeps one slice, emptied', () => {
    const slices = after([], plan(make(0, 250)));
    const next = plan([], slices);
    expect(writes(next)).toEqual([0, 1, 2]);
    expect(after(slices, next)).toMatchObject([{ endpoints: [], ports: [] }]);
  });
});

describe('what is in a slice', () => {
  const only = (input: Parameters<typeof pod>[0], of = service()) =>
    plan([pod({ ip: '10.0.0.1', ...input })], [], of).create[0];
  const going = { deletionTimestamp: '2030-01-01T00:00:00Z' };

  test('its Service’s labels, its owner and the pod', () => {
    const of = service({}, { labels: { team: 'a', 'service.kubernetes.io/headless': 'x' } });
    expect(only({ readyFor: 9 }, of)).toEqual({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        namespace: 'default',
        generateName: 'web-',
        labels: {
          team: 'a',
          'kubernetes.io/service-name': 'web',
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        },
        ownerReferences: [
          {
            apiVersion: 'v1',
            kind: 'Service',
            name: 'web',
            uid: 'uid-web',
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      addressType: 'IPv4',
      ports: [{ name: '', port: 80, protocol: 'TCP' }],
      endpoints: [
        {
          addresses: ['10.0.0.1'],
          conditions: { ready: true, serving: true, terminating: false },
          nodeName: 'n1',
          targetRef: { kind: 'Pod', namespace: 'default', name: 'p', uid: 'uid-p' },
          zone: 'z1',
        },
      ],
    });
  });

  test.each([
    ['ready', { readyFor: 1 }, {}, [true, true, false]],
    ['not ready', {}, {}, [false, false, false]],
    ['terminating', { readyFor: 1, metadata: going }, {}, [false, true, true]],
    ['terminating, not ready', { metadata: going }, {}, [false, false, true]],
    ['not ready, published', {}, { publishNotReadyAddresses: true }, [true, false, false]],
    ['terminating, published', { metadata: going }, { publishNotReadyAddresses: true }, [true, false, true]],
  ])('the conditions of a pod that is %s', (_, input, spec, [ready, serving, terminating]) => {
    expect(only(input, service(spec))?.endpoints[0]?.conditions).toEqual({ ready, serving, terminating });
  });

  test.each([
    ['has no address', { ip: undefined }, {}],
    ['has succeeded', { phase: 'Succeeded' }, {}],
    ['has failed', { phase: 'Failed' }, {}],
    ['is on a node that is gone', { spec: { nodeName: 'n9' } }, {}],
  ])('not a pod that %s', (_, input, spec) => {
    expect(only(input, service(spec))?.endpoints).toEqual([]);
  });

  test('a pod of a node that is gone all the same where all are published', () => {
    expect(only({ spec: { nodeName: 'n9' } }, service({ publishNotReadyAddresses: true }))?.endpoints).toHaveLength(1);
  });

  test('a host name where the pod is of the Service’s subdomain', () => {
    const named = { hostname: 'h', subdomain: 'web' };
    expect(only({ spec: { nodeName: 'n1', ...named } })?.endpoints[0]?.hostname).toBe('h');
    expect(only({ spec: { nodeName: 'n1', hostname: 'h' } })?.endpoints[0]).not.toHaveProperty('hostname');
  });

  test('the label of a headless Service', () => {
    expect(only({}, service({ clusterIP: 'None' }))?.metadata?.labels).toHaveProperty(
      'service.kubernetes.io/headless',
      '',
    );
  });
});

describe('ports', () => {
  const container = (port: number, name = 'http', protocol = 'TCP') => ({
    name: 'c',
    image: 'i',
    ports: [{ name, containerPort: port, protocol }],
  });
  const named = service({
    ports: [{ name: 'web', port: 80, targetPort: 'http', protocol: 'TCP', appProtocol: 'h2c' }],
  });

  test('pods that number a named port differently are in different slices', () => {
    const pods = [
      pod({ name: 'a', ip: '10.0.0.1', spec: { nodeName: 'n1', containers: [container(8080)] } }),
      pod({ name: 'b', ip: '10.0.0.2', spec: { nodeName: 'n1', containers: [container(9090)] } }),
      pod({ name: 'c', ip: '10.0.0.3', spec: { nodeName: 'n1', containers: [container(53, 'http', 'UDP')] } }),
    ];
    const slices = after([], plan(pods, [], named));
    expect(slices.map(({ ports }) => ports)).toEqual([
      [{ name: 'web', port: 8080, protocol: 'TCP', appProtocol: 'h2c' }],
      [{ name: 'web', port: 9090, protocol: 'TCP', appProtocol: 'h2c' }],
      [],
    ]);
    expect(writes(plan(pods, slices, named))).toEqual([0, 0, 0]);
  });

  test('another port makes the slice another: one write', () => {
    const slices = after([], plan(make(0, 3)));
    const next = plan(make(0, 3), slices, service({ ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }] }));
    expect(writes(next)).toEqual([0, 1, 0]);
    expect(after(slices, next)[0]?.ports).toEqual([{ name: '', port: 8080, protocol: 'TCP' }]);
  });

  test.each([
    ['a number', { port: 80, targetPort: 8080 }, 8080],
    ['the Service’s own where none is named', { port: 80 }, 80],
    ['a container’s', { port: 80, targetPort: 'main' }, 1],
    ['a sidecar’s', { port: 80, targetPort: 'side' }, 2],
    ['not an init container’s', { port: 80, targetPort: 'init' }, undefined],
    ['not of another protocol', { port: 80, targetPort: 'main', protocol: 'UDP' }, undefined],
    ['not one that is nowhere', { port: 80, targetPort: 'none' }, undefined],
  ])('%s', (_, port, expected) => {
    const initContainers = [{ ...container(2, 'side'), restartPolicy: 'Always' }, container(3, 'init')];
    expect(targetPort(pod({ spec: { containers: [container(1, 'main')], initContainers } }), port)).toBe(expected);
  });
});

describe('slices that are there', () => {
  test('follow readiness and the Service’s labels with one write each', () => {
    const slices = after([], plan(make(0, 3)));
    expect(
      writes(
        plan(
          [0, 1, 2].map((each) => numbered(each)),
          slices,
        ),
      ),
    ).toEqual([0, 1, 0]);
    const relabelled = plan(make(0, 3), slices, service({}, { labels: { a: 'b' } }));
    expect(relabelled.update).toMatchObject([{ metadata: { labels: { a: 'b' } } }]);
    expect(writes(relabelled)).toEqual([0, 1, 0]);
  });

  test('of an earlier Service of the name are not taken over', () => {
    const slices = after([], plan(make(0, 3)));
    expect(writes(plan(make(0, 3), slices, service({}, { uid: 'another' })))).toEqual([1, 0, 1]);
  });

  test('that go already are left alone', () => {
    const [slice] = after([], plan(make(0, 3))) as [Cached<EndpointSlice>];
    const going = { ...slice, metadata: { ...slice.metadata, deletionTimestamp: '2030-01-01T00:00:00Z' } };
    expect(writes(plan(make(0, 3), [going]))).toEqual([1, 0, 0]);
  });
});

import { describe, expect, it } from 'vitest';
import type { ConfigMap, Deployment, EndpointSlice, Endpoints, Event, Node, Pod, Service } from '../generated/types.js';
import { configMaps } from '../kinds/config-map.js';
import { deployments } from '../kinds/deployment.js';
import { endpointSlices } from '../kinds/endpoint-slice.js';
import { endpoints } from '../kinds/endpoints.js';
import { events } from '../kinds/event.js';
import { nodes } from '../kinds/node.js';
import { pods } from '../kinds/pod.js';
import { services } from '../kinds/service.js';
import { resourceTable } from '../kinds/table.js';
import type { KubernetesObject, Persisted } from '../object.js';
import type { ResourceType } from '../resource.js';
import { toTable } from './table.js';

const NOW = Date.parse('2024-01-01T01:00:00Z');
const at = (secondsAgo: number): string => new Date(NOW - secondsAgo * 1000).toISOString();

function cells<T extends KubernetesObject>(resource: ResourceType<T>, object: T): unknown[] {
  const metadata = { name: 'a', creationTimestamp: at(320), ...object.metadata };
  return toTable(resource, [{ ...object, metadata } as Persisted<T>], { nowMs: NOW }).rows[0]?.cells ?? [];
}

const headers = (plural: string): string[] =>
  (resourceTable.find((resource) => resource.plural === plural)?.columns ?? []).map(
    ({ name, priority }) => name.toUpperCase() + (priority === 1 ? '*' : ''),
  );

describe('columns', () => {
  it.each([
    ['pods', 'NAME READY STATUS RESTARTS AGE IP* NODE* NOMINATED-NODE* READINESS-GATES*'],
    ['deployments', 'NAME READY UP-TO-DATE AVAILABLE AGE CONTAINERS* IMAGES* SELECTOR*'],
    ['replicasets', 'NAME DESIRED CURRENT READY AGE CONTAINERS* IMAGES* SELECTOR*'],
    ['services', 'NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE SELECTOR*'],
    ['endpoints', 'NAME ENDPOINTS AGE'],
    ['endpointslices', 'NAME ADDRESSTYPE PORTS ENDPOINTS AGE'],
    ['nodes', 'NAME STATUS ROLES AGE VERSION INTERNAL-IP* EXTERNAL-IP* OS-IMAGE* KERNEL-VERSION* CONTAINER-RUNTIME*'],
    ['namespaces', 'NAME STATUS AGE'],
    ['configmaps', 'NAME DATA AGE'],
    ['secrets', 'NAME TYPE DATA AGE'],
    ['serviceaccounts', 'NAME SECRETS AGE'],
    ['leases', 'NAME HOLDER AGE'],
    ['events', 'LAST-SEEN TYPE REASON OBJECT SUBOBJECT* SOURCE* MESSAGE FIRST-SEEN* COUNT* NAME*'],
  ])('of %s', (plural, expected) => {
    expect(
      headers(plural)
        .map((name) => name.replace(' ', '-'))
        .join(' '),
    ).toBe(expected);
  });

  it('show a deployment, a service, endpoints', () => {
    const spec = {
      replicas: 3,
      selector: { matchLabels: { app: 'nginx' } },
      template: {
        spec: {
          containers: [
            { name: 'a', image: 'x' },
            { name: 'b', image: 'y' },
          ],
        },
      },
    };
    const deployment: Deployment = { spec, status: { readyReplicas: 1, updatedReplicas: 2, availableReplicas: 1 } };
    expect(cells(deployments, deployment)).toEqual(['a', '1/3', 2, 1, '5m20s', 'a,b', 'x,y', 'app=nginx']);
    const service: Service = {
      spec: {
        type: 'NodePort',
        clusterIPs: ['10.96.0.9'],
        selector: { b: 'c', a: 'b' },
        ports: [
          { port: 80, nodePort: 32080, protocol: 'TCP' },
          { port: 53, protocol: 'UDP' },
        ],
      },
    };
    expect(cells(services, service)).toEqual([
      'a',
      'NodePort',
      '10.96.0.9',
      '<none>',
      '80:32080/TCP,53/UDP',
      '5m20s',
      'a=b,b=c',
    ]);
    expect(cells(services, { spec: { type: 'LoadBalancer' } }).slice(1, 5)).toEqual([
      'LoadBalancer',
      '<none>',
      '<pending>',
      '<none>',
    ]);
    expect(cells(services, { spec: { type: 'ExternalName', externalName: 'a.b' } })[3]).toBe('a.b');
    const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'];
    const many: Endpoints = { subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports: [{ port: 80 }] }] };
    expect(cells(endpoints, many)[1]).toBe('10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 1 more...');
    expect(cells(endpoints, {})[1]).toBe('<none>');
    const slice: EndpointSlice = { addressType: 'IPv4', endpoints: [{ addresses }], ports: [{ port: 80 }, {}] };
    expect(cells(endpointSlices, slice)).toEqual([
      'a',
      'IPv4',
      '80,*',
      '10.0.0.1,10.0.0.2,10.0.0.3 + 1 more...',
      '5m20s',
    ]);
    expect(cells(endpointSlices, { addressType: 'IPv4', endpoints: [] }).slice(2, 4)).toEqual(['<unset>', '<unset>']);
  });

  it('show a node', () => {
    const node: Node = {
      metadata: { labels: { 'node-role.kubernetes.io/worker': '', 'node-role.kubernetes.io/control-plane': '' } },
      spec: { unschedulable: true },
      status: {
        conditions: [{ type: 'Ready', status: 'True' }],
        addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
      },
    };
    expect(cells(nodes, node)).toEqual([
      'a',
      'Ready,SchedulingDisabled',
      'control-plane,worker',
      '5m20s',
      '',
      '10.0.0.1',
      '<none>',
      '<unknown>',
      '<unknown>',
      '<unknown>',
    ]);
    expect(cells(nodes, {}).slice(1, 3)).toEqual(['Unknown', '<none>']);
    expect(cells(nodes, { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } })[1]).toBe('NotReady');
  });

  it('show an event', () => {
    const event: Event = {
      metadata: {},
      involvedObject: { kind: 'Pod', name: 'p', fieldPath: 'spec.containers{c}' },
      type: 'Normal',
      reason: 'Pulled',
      message: 'text\n',
      source: { component: 'kubelet', host: 'n1' },
      firstTimestamp: at(120),
      lastTimestamp: at(60),
      count: 3,
    };
    expect(cells(events, event)).toEqual([
      '60s',
      'Normal',
      'Pulled',
      'pod/p',
      'spec.containers{c}',
      'kubelet, n1',
      'text',
      '2m',
      3,
      'a',
    ]);
    const newer: Event = {
      metadata: {},
      involvedObject: { kind: 'Node' },
      eventTime: at(10),
      reportingComponent: 'x',
      reportingInstance: 'y',
    };
    expect(cells(events, newer)).toEqual(['10s', '', '', 'node', '', 'x, y', '', '10s', 1, 'a']);
  });
});

describe('pod status', () => {
  const status = { image: '', imageID: '', restartCount: 0 };
  const running = { ...status, name: 'c', ready: true, state: { running: {} } };
  const base: Pod = {
    spec: { containers: [{ name: 'c' }] },
    status: { phase: 'Running', containerStatuses: [running] },
  };
  const withContainer = (container: object, phase = 'Running'): Pod => ({
    ...base,
    status: { phase, containerStatuses: [{ ...status, name: 'c', ready: false, ...container }] },
  });
  const withInit = (initContainers: object[], initContainerStatuses: object[], more: object = {}): Pod =>
    ({
      spec: { containers: [{ name: 'c' }], initContainers },
      status: {
        phase: 'Pending',
        initContainerStatuses: initContainerStatuses.map((one) => ({ ...status, ready: false, ...one })),
        ...more,
      },
    }) as Pod;
  const waiting = (reason: string): object => ({ state: { waiting: { reason } } });
  const ended = (terminated: object): object => ({ state: { terminated } });

  it.each<[string, Pod, [string, string, string]]>([
    ['running', base, ['1/1', 'Running', '0']],
    ['no status', { spec: { containers: [{ name: 'c' }] }, status: { phase: 'Pending' } }, ['0/1', 'Pending', '0']],
    [
      'evicted',
      { spec: { containers: [{ name: 'c' }] }, status: { phase: 'Failed', reason: 'Evicted' } },
      ['0/1', 'Evicted', '0'],
    ],
    [
      'gated',
      {
        spec: { containers: [] },
        status: {
          phase: 'Pending',
          conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }],
        },
      },
      ['0/0', 'SchedulingGated', '0'],
    ],
    ['creating', withContainer(waiting('ContainerCreating'), 'Pending'), ['0/1', 'ContainerCreating', '0']],
    [
      'crashing',
      withContainer({
        ...waiting('CrashLoopBackOff'),
        restartCount: 2,
        lastState: { terminated: { exitCode: 1, finishedAt: at(300) } },
      }),
      ['0/1', 'CrashLoopBackOff', '2 (5m ago)'],
    ],
    ['completed', withContainer(ended({ exitCode: 0, reason: 'Completed' }), 'Succeeded'), ['0/1', 'Completed', '0']],
    ['error', withContainer(ended({ exitCode: 1, reason: 'Error' }), 'Failed'), ['0/1', 'Error', '0']],
    ['exit code', withContainer(ended({ exitCode: 3 })), ['0/1', 'ExitCode:3', '0']],
    ['signal', withContainer(ended({ exitCode: 137, signal: 9 })), ['0/1', 'Signal:9', '0']],
    [
      'one of two completed',
      {
        spec: { containers: [{ name: 'c' }, { name: 'd' }] },
        status: {
          phase: 'Running',
          containerStatuses: [
            { ...status, name: 'd', ready: false, state: { terminated: { exitCode: 0, reason: 'Completed' } } },
            running,
          ],
        },
      },
      ['1/2', 'NotReady', '0'],
    ],
    ['terminating', { ...base, metadata: { deletionTimestamp: at(1) } }, ['1/1', 'Terminating', '0']],
    [
      'ended and going',
      {
        ...withContainer(ended({ exitCode: 0, reason: 'Completed' }), 'Succeeded'),
        metadata: { deletionTimestamp: at(1) },
      },
      ['0/1', 'Completed', '0'],
    ],
    [
      'lost',
      { ...base, metadata: { deletionTimestamp: at(1) }, status: { ...base.status, reason: 'NodeLost' } },
      ['1/1', 'Unknown', '0'],
    ],
    [
      'first init runs',
      withInit([{ name: 'i' }, { name: 'j' }], [{ name: 'i', state: { running: {} } }]),
      ['0/1', 'Init:0/2', '0'],
    ],
    [
      'second init waits',
      withInit(
        [{ name: 'i' }, { name: 'j' }],
        [
          { name: 'i', ...ended({ exitCode: 0 }) },
          { name: 'j', ...waiting('PodInitializing') },
        ],
      ),
      ['0/1', 'Init:1/2', '0'],
    ],
    [
      'init crashes',
      withInit([{ name: 'i' }], [{ name: 'i', restartCount: 4, ...waiting('CrashLoopBackOff') }]),
      ['0/1', 'Init:CrashLoopBackOff', '4'],
    ],
    [
      'init failed',
      withInit([{ name: 'i' }], [{ name: 'i', ...ended({ exitCode: 2 }) }]),
      ['0/1', 'Init:ExitCode:2', '0'],
    ],
    [
      'init done',
      withInit([{ name: 'i' }], [{ name: 'i', restartCount: 1, ...ended({ exitCode: 0 }) }], {
        containerStatuses: [running],
        phase: 'Running',
      }),
      ['1/1', 'Running', '0'],
    ],
    [
      'sidecar',
      withInit(
        [{ name: 's', restartPolicy: 'Always' }],
        [{ name: 's', ready: true, started: true, restartCount: 1, state: { running: {} } }],
        { containerStatuses: [running], phase: 'Running' },
      ),
      ['2/2', 'Running', '1'],
    ],
  ])('%s', (_, pod, expected) => {
    expect(cells(pods, pod).slice(1, 4)).toEqual(expected);
  });

  it('shows where it is with -o wide', () => {
    expect(cells(pods, base).slice(5)).toEqual(['<none>', '<none>', '<none>', '<none>']);
    const placed: Pod = {
      spec: { containers: [], nodeName: 'n', readinessGates: [{ conditionType: 'x' }, { conditionType: 'y' }] },
      status: { podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }], conditions: [{ type: 'x', status: 'True' }] },
    };
    expect(cells(pods, placed).slice(5)).toEqual(['10.0.0.1', 'n', '<none>', '1/2']);
  });
});

describe('toTable', () => {
  const object: Persisted<ConfigMap> = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', uid: 'u', resourceVersion: '5', creationTimestamp: at(5) },
    data: { a: '' },
  };

  it('carries what was asked for', () => {
    const table = toTable(configMaps, [object], { nowMs: NOW, metadata: { resourceVersion: '9' } });
    expect(table).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata: { resourceVersion: '9' } });
    expect(table.columnDefinitions[0]).toMatchObject({ name: 'Name', type: 'string', format: 'name', priority: 0 });
    expect(table.rows).toEqual([
      {
        cells: ['a', 1, '5s'],
        object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
      },
    ]);
    expect(toTable(configMaps, [object], { includeObject: 'Object' }).rows[0]?.object).toBe(object);
    expect(toTable(configMaps, [object], { includeObject: 'None' }).rows[0]?.object).toBeNull();
    expect(toTable(configMaps, [object], { includeHeaders: false }).columnDefinitions).toEqual([]);
  });
});

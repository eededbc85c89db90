import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, type RunningApiserver, startApiserver } from './apiserver-fixture.js';

let etcd: EtcdProcess;
let server: RunningApiserver;

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const APPLY = 'application/apply-patch+yaml';

beforeAll(async () => {
  etcd = await startEtcd();
  server = await startApiserver({ etcd: etcd.endpoint });
});

afterAll(async () => {
  await server?.stop();
  await etcd?.stop();
});

interface Entry {
  readonly manager: string;
  readonly operation: string;
  readonly subresource?: string;
  readonly fieldsV1: unknown;
}

const apply = (path: string, body: unknown, query = 'fieldManager=one'): Promise<Answer> =>
  server.fetch(`${path}?${query}`, { method: 'PATCH', body, headers: { 'content-type': APPLY } });

const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  server.fetch(path, { method, headers, ...(body === undefined ? {} : { body }) });

const mergePatch = (path: string, body: unknown, userAgent = 'tester/1.0'): Promise<Answer> =>
  send('PATCH', path, body, { 'content-type': 'application/merge-patch+json', 'user-agent': userAgent });

const configMap = (name: string, data: object, metadata = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
});

const deployment = (name: string, spec = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'c', image: 'nginx', ports: [{ containerPort: 80 }] }] },
    },
    ...spec,
  },
});

const managersOf = ({ json }: Answer): Entry[] => json.metadata.managedFields ?? [];
const summaryOf = (answer: Answer): string[] =>
  managersOf(answer).map(({ manager, operation, subresource }) =>
    [manager, operation, subresource].filter(Boolean).join(' '),
  );

describe('who owns what', () => {
  test('a create is an Update by the manager or by the User-Agent', async () => {
    const named = await send('POST', `${CONFIG_MAPS}?fieldManager=maker`, configMap('named', { a: '1' }));
    expect(managersOf(named)).toEqual([
      {
        manager: 'maker',
        operation: 'Update',
        apiVersion: 'v1',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { '.': {}, 'f:a': {} } },
      },
    ]);
    const unnamed = await send('POST', CONFIG_MAPS, configMap('unnamed', {}), { 'user-agent': 'curl/8.1 (linux)' });
    expect(managersOf(unnamed)).toEqual([]);
    const agent = await send('POST', CONFIG_MAPS, configMap('agent', { a: '1' }), { 'user-agent': 'curl/8.1 (linux)' });
    expect(summaryOf(agent)).toEqual(['curl Update']);
    const silent = await send('POST', CONFIG_MAPS, configMap('silent', { a: '1' }));
    expect(summaryOf(silent)).toEqual(['unknown Update']);
  });

  test('a Deployment, with its defaults, as Kubernetes lists it', async () => {
    const made = await send('POST', `${DEPLOYMENTS}?fieldManager=kubectl-create`, deployment('shape'));
    expect(managersOf(made)[0]?.fieldsV1).toEqual({
      'f:spec': {
        'f:progressDeadlineSeconds': {},
        'f:replicas': {},
        'f:revisionHistoryLimit': {},
        'f:selector': {},
        'f:strategy': { 'f:rollingUpdate': { '.': {}, 'f:maxSurge': {}, 'f:maxUnavailable': {} }, 'f:type': {} },
        'f:template': {
          'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
          'f:spec': {
            'f:containers': {
              'k:{"name":"c"}': {
                '.': {},
                'f:image': {},
                'f:imagePullPolicy': {},
                'f:name': {},
                'f:ports': {
                  '.': {},
                  'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {}, 'f:protocol': {} },
                },
                'f:resources': {},
                'f:terminationMessagePath': {},
                'f:terminationMessagePolicy': {},
              },
            },
            'f:dnsPolicy': {},
            'f:restartPolicy': {},
            'f:schedulerName': {},
            'f:securityContext': {},
            'f:terminationGracePeriodSeconds': {},
          },
        },
      },
    });
  });
});

import type { Service } from '@kubelab/api';
import { describe, expect, it } from 'vitest';
import { ContainerConfigError, type EnvironmentSource } from '../environment.js';
import type { ReadonlyContainer, ReadonlyPod } from '../pod.js';
import { downwardFileField } from './downward-field.js';
import { expandCommand } from './expand-command.js';
import { expandEnvironment } from './expand-environment.js';
import { serviceVariables } from './service-variables.js';

const pod: ReadonlyPod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid: 'u-1',
    resourceVersion: '1',
    creationTimestamp: '2025-01-01T00:00:00Z',
    labels: { app: 'web', 'example.com/tier': 'front' },
    annotations: { note: 'line "1"\nline 2' },
  },
  spec: {
    nodeName: 'node1',
    serviceAccountName: 'default',
    containers: [{ name: 'other', resources: { limits: { memory: '64Mi' } } }],
  },
};

const configMaps: Record<string, Record<string, string>> = { settings: { color: 'blue', '1bad': 'x', 'a.b': 'dot' } };
const secrets: Record<string, Record<string, string>> = { login: { user: Buffer.from('ada').toString('base64') } };

function service(namespace: string, name: string, clusterIP: string, ports: object[]): Service {
  return { metadata: { namespace, name }, spec: { clusterIP, ports: ports as never } };
}

const kubernetes = service('default', 'kubernetes', '10.96.0.1', [{ name: 'https', port: 443, protocol: 'TCP' }]);
const services = [
  kubernetes,
  service('shop', 'my-db', '10.96.0.9', [{ port: 5432 }, { name: 'adm-in', port: 9, protocol: 'UDP' }]),
  service('shop', 'headless', 'None', [{ port: 1 }]),
  service('elsewhere', 'far', '10.96.0.8', [{ port: 1 }]),
];

function source(overrides: Partial<EnvironmentSource> = {}): EnvironmentSource {
  return {
    lookups: {
      configMap: async (_, name) => (configMaps[name] ? { data: configMaps[name] } : undefined),
      secret: async (_, name) => (secrets[name] ? { data: secrets[name] } : undefined),
    },
    node: { name: 'node1', ip: '172.20.0.2', allocatable: { cpu: '2', memory: '4Gi' } },
    podIPs: ['10.244.1.7'],
    services: [],
    ...overrides,
  };
}

async function expand(container: Partial<ReadonlyContainer>, overrides: Partial<EnvironmentSource> = {}) {
  const full = { name: 'main', ...container } as ReadonlyContainer;
  const list = await expandEnvironment(pod, full, source(overrides), new AbortController().signal);
  return Object.fromEntries(list.map(({ name, value }) => [name, value]));
}

const from = (valueFrom: object) => ({ env: [{ name: 'X', valueFrom }] });

describe('expandEnvironment', () => {
  it('expands values from what came before, envFrom and Services', async () => {
    const environment = await expand(
      {
        envFrom: [{ configMapRef: { name: 'settings' } }],
        env: [
          { name: 'LATER', value: '$(AFTER)' },
          { name: 'AFTER', value: '$(color)-$(MY_DB_SERVICE_HOST)-$$(color)' },
          { name: 'AGAIN', value: '<$(AFTER)>' },
          { name: 'EMPTY' },
        ],
      },
      { services },
    );
    expect(environment).toMatchObject({
      LATER: '$(AFTER)',
      AFTER: 'blue-10.96.0.9-$(color)',
      AGAIN: '<blue-10.96.0.9-$(color)>',
      EMPTY: '',
    });
  });

  it.each([
    ['metadata.name', 'web'],
    ['metadata.namespace', 'shop'],
    ['metadata.uid', 'u-1'],
    ["metadata.labels['example.com/tier']", 'front'],
    ["metadata.labels['none']", ''],
    ["metadata.annotations['note']", 'line "1"\nline 2'],
    ['spec.nodeName', 'node1'],
    ['spec.serviceAccountName', 'default'],
    ['status.hostIP', '172.20.0.2'],
    ['status.podIP', '10.244.1.7'],
    ['status.podIPs', '10.244.1.7'],
  ])('reads the field %s', async (fieldPath, expected) => {
    expect(await expand(from({ fieldRef: { fieldPath } }))).toEqual({ X: expected });
  });

  it.each([
    [{ resource: 'limits.cpu' }, '1'],
    [{ resource: 'limits.cpu', divisor: '1m' }, '250'],
    [{ resource: 'limits.memory', divisor: '1Mi' }, '4096'],
    [{ resource: 'limits.memory', divisor: '0' }, String(4 * 1024 ** 3)],
    [{ resource: 'requests.memory' }, '0'],
    [{ resource: 'limits.memory', containerName: 'other', divisor: '1Mi' }, '64'],
  ])('reads the resource %j', async (resourceFieldRef, expected) => {
    const environment = await expand({ resources: { limits: { cpu: '250m' } }, ...from({ resourceFieldRef }) });
    expect(environment).toEqual({ X: expected });
  });

  it('reads keys of ConfigMaps and Secrets, and leaves out optional ones that are missing', async () => {
    const environment = await expand({
      env: [
        { name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'color' } } },
        { name: 'USER', valueFrom: { secretKeyRef: { name: 'login', key: 'user' } } },
        { name: 'NO_MAP', valueFrom: { configMapKeyRef: { name: 'none', key: 'k', optional: true } } },
        { name: 'NO_KEY', valueFrom: { secretKeyRef: { name: 'login', key: 'k', optional: true } } },
      ],
    });
    expect(environment).toEqual({ COLOR: 'blue', USER: 'ada' });
  });

  it('prefixes names of envFrom; env replaces them', async () => {
    const environment = await expand({
      envFrom: [
        { prefix: 'P_', configMapRef: { name: 'settings' } },
        { secretRef: { name: 'login' } },
        { secretRef: { name: 'gone', optional: true } },
      ],
      env: [{ name: 'user', value: 'eve' }],
    });
    expect(environment).toEqual({ P_color: 'blue', P_1bad: 'x', 'P_a.b': 'dot', user: 'eve' });
  });

  it('skips names that no environment can hold, and says so', async () => {
    const warnings: string[] = [];
    const environment = await expand(
      { envFrom: [{ prefix: 'A=', configMapRef: { name: 'settings' } }] },
      { warn: (reason, message) => warnings.push(`${reason}: ${message}`) },
    );
    expect(environment).toEqual({});
    expect(warnings).toEqual([
      'InvalidEnvironmentVariableNames: Keys [A=1bad, A=a.b, A=color] from the EnvFrom configMap shop/settings were skipped since they are considered invalid environment variable names.',
    ]);
  });

  it.each([
    [from({ configMapKeyRef: { name: 'none', key: 'k' } }), 'configmap "none" not found'],
    [from({ configMapKeyRef: { name: 'settings', key: 'k' } }), "couldn't find key k in ConfigMap shop/settings"],
    [from({ secretKeyRef: { name: 'none', key: 'k' } }), 'secret "none" not found'],
    [from({ secretKeyRef: { name: 'login', key: 'k' } }), "couldn't find key k in Secret shop/login"],
    [{ envFrom: [{ configMapRef: { name: 'none' } }] }, 'configmap "none" not found'],
    [{ envFrom: [{ secretRef: { name: 'none' } }] }, 'secret "none" not found'],
    [from({ fieldRef: { fieldPath: 'spec.magic' } }), 'field label not supported: spec.magic'],
    [from({ resourceFieldRef: { resource: 'limits.gpu' } }), 'Unsupported container resource : limits.gpu'],
    [from({ resourceFieldRef: { resource: 'limits.cpu', containerName: 'no' } }), 'container no not found'],
  ])('refuses %j', async (container, message) => {
    const failure = expand(container as Partial<ReadonlyContainer>);
    await expect(failure).rejects.toThrow(new ContainerConfigError(message));
    await expect(failure).rejects.toBeInstanceOf(ContainerConfigError);
  });
});

describe('serviceVariables', () => {
  it('describes the Services of the namespace and the API', () => {
    const values = Object.fromEntries(serviceVariables(services, 'shop', true).map(({ name, value }) => [name, value]));
    expect(values).toEqual({
      KUBERNETES_SERVICE_HOST: '10.96.0.1',
      KUBERNETES_SERVICE_PORT: '443',
      KUBERNETES_SERVICE_PORT_HTTPS: '443',
      KUBERNETES_PORT: 'tcp://10.96.0.1:443',
      KUBERNETES_PORT_443_TCP: 'tcp://10.96.0.1:443',
      KUBERNETES_PORT_443_TCP_PROTO: 'tcp',
      KUBERNETES_PORT_443_TCP_PORT: '443',
      KUBERNETES_PORT_443_TCP_ADDR: '10.96.0.1',
      MY_DB_SERVICE_HOST: '10.96.0.9',
      MY_DB_SERVICE_PORT: '5432',
      MY_DB_SERVICE_PORT_ADM_IN: '9',
      MY_DB_PORT: 'tcp://10.96.0.9:5432',
      MY_DB_PORT_5432_TCP: 'tcp://10.96.0.9:5432',
      MY_DB_PORT_5432_TCP_PROTO: 'tcp',
      MY_DB_PORT_5432_TCP_PORT: '5432',
      MY_DB_PORT_5432_TCP_ADDR: '10.96.0.9',
      MY_DB_PORT_9_UDP: 'udp://10.96.0.9:9',
      MY_DB_PORT_9_UDP_PROTO: 'udp',
      MY_DB_PORT_9_UDP_PORT: '9',
      MY_DB_PORT_9_UDP_ADDR: '10.96.0.9',
    });
  });

  it('tells of the API alone without links, and of the namespace own kubernetes first', () => {
    const hosts = (list: readonly { name: string; value: string }[]) =>
      list.filter(({ name }) => name.endsWith('_HOST')).map(({ name, value }) => `${name}=${value}`);
    expect(hosts(serviceVariables(services, 'shop', false))).toEqual(['KUBERNETES_SERVICE_HOST=10.96.0.1']);
    const own = service('shop', 'kubernetes', '10.96.0.77', [{ port: 1 }]);
    for (const order of [
      [own, kubernetes],
      [kubernetes, own],
    ]) {
      expect(hosts(serviceVariables(order, 'shop', true))).toEqual(['KUBERNETES_SERVICE_HOST=10.96.0.77']);
    }
  });
});

it('expands command and args from the environment', () => {
  const container: ReadonlyContainer = { name: 'c', command: ['sh', '-c', 'echo $(A) $(NO)'], args: ['$$(A)'] };
  expect(expandCommand(container, [{ name: 'A', value: '1 2' }])).toEqual({
    command: ['sh', '-c', 'echo 1 2 $(NO)'],
    args: ['$(A)'],
  });
  expect(expandCommand({ name: 'c' }, [])).toEqual({ command: undefined, args: undefined });
});

it('writes whole maps for downward files', () => {
  expect(downwardFileField(pod, { fieldPath: 'metadata.labels' })).toBe('app="web"\nexample.com/tier="front"');
  expect(downwardFileField(pod, { fieldPath: 'metadata.annotations' })).toBe('note="line \\"1\\"\\nline 2"');
  expect(() => downwardFileField(pod, { fieldPath: 'status.podIP' })).toThrow('field label not supported');
});

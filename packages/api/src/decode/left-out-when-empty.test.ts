import { expect, test } from 'vitest';
import { decodeObject } from './decode-object.js';

const decode = (definition: string, object: object): object =>
  decodeObject<object>(definition, JSON.stringify(object), { fieldValidation: 'Strict' }).object;

test('what is empty and no pointer in Kubernetes is as if it was not said', () => {
  const container = {
    name: 'a',
    image: '',
    args: [],
    env: [{ name: 'E', value: '' }],
    ports: [{ containerPort: 80, hostPort: 0, protocol: '' }],
    stdin: false,
    resources: { limits: {} },
    readinessProbe: { httpGet: { port: 0, path: '' }, timeoutSeconds: 0 },
  };
  const spec = { nodeName: '', hostNetwork: false, volumes: [], nodeSelector: {}, containers: [container] };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', labels: {}, finalizers: [] }, spec };
  expect(decode('Pod', pod)).toEqual({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: {
      containers: [
        {
          name: 'a',
          env: [{ name: 'E' }],
          ports: [{ containerPort: 80 }],
          resources: {},
          readinessProbe: { httpGet: { port: 0 } },
        },
      ],
    },
  });
});

test.each([
  ['pointers', 'PodSpec', { priority: 0, enableServiceLinks: false, containers: [{ name: '', securityContext: {} }] }],
  ['what is required', 'PolicyRule', { verbs: [] }],
  ['pointers to texts', 'PersistentVolumeClaimSpec', { storageClassName: '', resources: {} }],
  ['lists without omitempty', 'Role', { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', rules: [] }],
  ['what is in maps and lists', 'Secret', { apiVersion: 'v1', kind: 'Secret', data: { a: '' } }],
  ['what is inlined elsewhere', 'Volume', { name: 'v', emptyDir: {} }],
])('%s stay', (_what, definition, object) => {
  expect(decode(definition, object)).toEqual(object);
});

test('fields of an inlined message count as its own', () => {
  const volume = { name: 'v', configMap: { name: '', items: [], defaultMode: 0, optional: false } };
  expect(decode('Volume', volume)).toEqual({ name: 'v', configMap: { defaultMode: 0, optional: false } });
  const container = { name: 'e', image: '', tty: false, targetContainerName: '', command: [] };
  expect(decode('EphemeralContainer', container)).toEqual({ name: 'e' });
});

import {
  type KubernetesObject,
  leases,
  type Node,
  nodes,
  type ObjectKey,
  type Persisted,
  type Pod,
  persistentVolumeClaims,
  pods,
  type ResourceType,
  serviceAccounts,
} from '@kubelab/api';
import { describe, expect, test } from 'vitest';
import type { Storage } from '../storage/storage.js';
import { admissionAttempt } from './admission.js';
import { nodeRestriction } from './node-restriction.js';

const METADATA = { uid: 'u', resourceVersion: '1', creationTimestamp: '' };
const mine = { metadata: { ...METADATA, name: 'mine' }, spec: { nodeName: 'n1', containers: [] } } as never;
const other = { metadata: { ...METADATA, name: 'other' }, spec: { nodeName: 'n2', containers: [] } } as never;
const node = (changes: Partial<Node> = {}): Persisted<Node> =>
  ({ metadata: { ...METADATA, name: 'n1', labels: {} }, spec: {}, ...changes }) as Persisted<Node>;

const objects: Record<string, KubernetesObject> = { 'pods/mine': mine, 'pods/other': other, 'nodes/n1': node() };
const storage = {
  forResource: ({ plural }: ResourceType) => ({
    getCached: () => undefined,
    get: async ({ name }: ObjectKey) => {
      const object = objects[`${plural}/${name}`];
      return object && { object };
    },
  }),
} as unknown as Storage;
const plugin = nodeRestriction(storage);

interface Asked {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly resource: unknown;
  readonly name: string;
  readonly namespace?: string;
  readonly subresource?: string;
  readonly object?: unknown;
  readonly old?: unknown;
  readonly user?: { name: string; groups: string[] };
}

/** What is said; "" for yes. */
async function answer(asked: Asked): Promise<string> {
  const { name, namespace = 'default', user = { name: 'system:node:n1', groups: ['system:nodes'] } } = asked;
  const { request } = admissionAttempt({
    operation: asked.operation,
    resource: asked.resource as ResourceType,
    subresource: asked.subresource ?? '',
    key: { namespace, name },
    object: asked.object as KubernetesObject,
    old: asked.old as Persisted,
    dryRun: false,
    context: { user, trace: undefined, warn: () => {} } as never,
  });
  try {
    await plugin.admit?.(request);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

const mirror = (changes: Partial<Pod['metadata'] & object> = {}, spec: object = {}): Pod => ({
  metadata: {
    name: 'm',
    annotations: { 'kubernetes.io/config.mirror': 'x' },
    ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'u', controller: true }],
    ...changes,
  },
  spec: { nodeName: 'n1', containers: [], ...spec },
});

describe('a kubelet and pods', () => {
  const create = (object: Pod) => answer({ operation: 'CREATE', resource: pods, name: 'm', object });
  const forbidden = (why: string) => `pods "m" is forbidden: ${why}`;

  test.each<[string, Pod, string]>([
    ['its mirror pod', mirror(), ''],
    [
      'an ordinary pod',
      mirror({ annotations: {} }),
      'pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
    ],
    [
      'one of another node',
      mirror({}, { nodeName: 'n2' }),
      'node "n1" can only create pods with spec.nodeName set to itself',
    ],
    [
      'one without owner',
      mirror({ ownerReferences: [] }),
      'node "n1" can only create pods with an owner reference set to itself',
    ],
    [
      'one of an earlier node of the name',
      mirror({ ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'v', controller: true }] }),
      'node n1 UID mismatch: expected v got u',
    ],
    [
      'one with an account',
      mirror({}, { serviceAccountName: 'x' }),
      'node "n1" can not create pods that reference a service account',
    ],
    [
      'one with a secret',
      mirror({}, { volumes: [{ name: 's', secret: { secretName: 'x' } }] }),
      'node "n1" can not create pods that reference secrets',
    ],
    [
      'one with a config map',
      mirror({}, { containers: [{ name: 'c', envFrom: [{ configMapRef: { name: 'x' } }] }] }),
      'node "n1" can not create pods that reference configmaps',
    ],
    [
      'one with a claim',
      mirror({}, { volumes: [{ name: 's', persistentVolumeClaim: { claimName: 'x' } }] }),
      'node "n1" can not create pods that reference persistentvolumeclaims',
    ],
  ])('create: %s', async (_name, object, why) => expect(await create(object)).toBe(why && forbidden(why)));

  test('delete and evict their own', async () => {
    const remove = (name: string) => answer({ operation: 'DELETE', resource: pods, name });
    expect(await remove('mine')).toBe('');
    expect(await remove('other')).toBe(
      'pods "other" is forbidden: node "n1" can only delete pods with spec.nodeName set to itself',
    );
    expect(await remove('absent')).toBe('pods "absent" not found');
    const evict = (name: string) =>
      answer({ operation: 'CREATE', resource: pods, name, subresource: 'eviction', object: {} });
    expect(await evict('mine')).toBe('');
    expect(await evict('other')).toContain('node n1 can only evict pods with spec.nodeName set to itself');
  });

  test('write the status of their own, and nothing else of it', async () => {
    const update = (old: unknown, object: unknown, subresource = 'status') =>
      answer({ operation: 'UPDATE', resource: pods, name: 'mine', subresource, object, old });
    expect(await update(mine, mine)).toBe('');
    expect(await update(other, other)).toContain(
      'can only update pod status for pods with spec.nodeName set to itself',
    );
    const labelled = { ...(mine as object), metadata: { ...METADATA, name: 'mine', labels: { a: 'b' } } };
    expect(await update(mine, labelled)).toContain('node "n1" cannot update labels through pod status');
    expect(await update(mine, mine, '')).toContain(
      'unexpected operation "UPDATE", node "n1" can only create and delete',
    );
    expect(await update(mine, mine, 'ephemeralcontainers')).toContain(
      "unexpected pod subresource \"ephemeralcontainers\", only 'status' and 'eviction' are allowed",
    );
  });
});

describe('a kubelet and nodes', () => {
  const write = (object: Node, old?: Node, name = 'n1') =>
    answer({ operation: old ? 'UPDATE' : 'CREATE', resource: nodes, name, namespace: '', object, old });
  const labelled = (labels: Record<string, string>) => node({ metadata: { ...METADATA, name: 'n1', labels } });

  test('only its own', async () => {
    expect(await write(node(), undefined, 'n2')).toBe(
      'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"',
    );
  });

  test.each([
    ['kubernetes.io/hostname', true],
    ['node.kubernetes.io/anything', true],
    ['sub.kubelet.kubernetes.io/x', true],
    ['example.com/x', true],
    ['plain', true],
    ['node-restriction.kubernetes.io/x', false],
    ['example.node-restriction.kubernetes.io/x', false],
    ['node-role.kubernetes.io/master', false],
    ['other.k8s.io/x', false],
  ])('label %s: %s', async (label, allowed) => {
    const created = await write(labelled({ [label]: '1' }));
    expect(created).toBe(
      allowed ? '' : `nodes "n1" is forbidden: node "n1" is not allowed to set the following labels: ${label}`,
    );
    const changed = await write(labelled({}), labelled({ [label]: '1' }));
    expect(changed).toBe(allowed ? '' : `nodes "n1" is forbidden: is not allowed to modify labels: ${label}`);
  });

  test('never its taints', async () => {
    const tainted = node({ spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } });
    expect(await write(node(), tainted)).toContain('node "n1" is not allowed to modify taints');
  });
});

describe('a kubelet and the rest', () => {
  const token = (spec: object) =>
    answer({ operation: 'CREATE', resource: serviceAccounts, subresource: 'token', name: 'default', object: { spec } });
  const bound = (name: string, uid = 'u') => ({ boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid } });

  test('tokens of its own pods', async () => {
    expect(await token(bound('mine'))).toBe('');
    expect(await token({})).toContain('node requested token not bound to a pod');
    expect(await token(bound('mine', ''))).toContain('node requested token with a pod binding without a uid');
    expect(await token(bound('mine', 'v'))).toContain('the UID in the bound object reference (v) does not match');
    expect(await token(bound('other'))).toContain('node requested token bound to a pod scheduled on a different node');
    expect(await token({ ...bound('mine'), audiences: ['vault'] })).toContain(
      'audience "vault" not found in pod spec volume',
    );
  });

  test('its own lease', async () => {
    const lease = (namespace: string, name: string) =>
      answer({ operation: 'CREATE', resource: leases, namespace, name });
    expect(await lease('kube-node-lease', 'n1')).toBe('');
    expect(await lease('kube-node-lease', 'n2')).toContain(
      'can only access node lease with the same name as the requesting node',
    );
    expect(await lease('default', 'n1')).toContain('can only access leases in the "kube-node-lease" system namespace');
  });

  test('of claims only the status', async () => {
    const update = (subresource: string, status: object, spec: object = {}) =>
      answer({
        operation: 'UPDATE',
        resource: persistentVolumeClaims,
        subresource,
        name: 'c',
        object: { metadata: METADATA, spec, status },
        old: { metadata: METADATA, spec: {}, status: {} },
      });
    expect(await update('', {})).toContain('may only update PVC status');
    expect(await update('status', { capacity: { storage: '2Gi' } })).toBe('');
    expect(await update('status', {}, { volumeName: 'x' })).toContain(
      'node "n1" is not allowed to update fields other',
    );
  });

  test('others are not concerned', async () => {
    const user = { name: 'jane', groups: ['system:authenticated'] };
    expect(await answer({ operation: 'DELETE', resource: pods, name: 'other', user })).toBe('');
  });
});

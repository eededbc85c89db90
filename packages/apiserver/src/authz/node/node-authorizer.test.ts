import type { PersistentVolume, Pod } from '@kubelab/api';
import { describe, expect, test } from 'vitest';
import { nodeAuthorizer } from './node-authorizer.js';
import { NodeGraph } from './node-graph.js';

const pod = (
  name: string,
  nodeName: string,
  spec: Partial<Pod['spec']>,
  annotations: Record<string, string> = {},
): Pod => ({
  metadata: { namespace: 'ns', name, annotations },
  spec: { nodeName, containers: [], serviceAccountName: 'sa', ...spec },
});
const container = { name: 'c', image: 'i' };

function graphOf(...pods: Pod[]): NodeGraph {
  const graph = new NodeGraph();
  for (const one of pods) graph.setPod(`ns/${one.metadata?.name}`, one);
  return graph;
}

/** `VERB RESOURCE[/SUBRESOURCE] [NAMESPACE/NAME] [FIELD SELECTOR]` of the kubelet of n1. */
function ask(graph: NodeGraph, question: string, user = { name: 'system:node:n1', groups: ['system:nodes'] }) {
  const [verb = '', target = '', path = '/', fieldSelector = ''] = question.split(' ');
  const [qualified = '', subresource = ''] = target.split('/');
  const [plural = '', ...group] = qualified.split('.');
  const [namespace = '', name = ''] = path.split('/');
  const resource = { group: group.join('.'), plural };
  const attributes = { user, verb, resource, subresource, namespace, name, path: '', fieldSelector };
  return nodeAuthorizer(() => graph).authorize(attributes);
}

const NONE = "no relationship found between node 'n1' and this object";

describe('what a pod needs', () => {
  const needy = pod('p', 'n1', {
    containers: [
      {
        ...container,
        env: [{ name: 'a', valueFrom: { secretKeyRef: { name: 'env-secret', key: 'k' } } }],
        envFrom: [{ configMapRef: { name: 'env-map' } }],
      },
    ],
    initContainers: [{ ...container, envFrom: [{ secretRef: { name: 'init-secret' } }] }],
    imagePullSecrets: [{ name: 'pull' }],
    volumes: [
      { name: 'a', secret: { secretName: 'volume-secret' } },
      {
        name: 'b',
        projected: { sources: [{ configMap: { name: 'projected-map' } }, { secret: { name: 'projected-secret' } }] },
      },
      { name: 'c', persistentVolumeClaim: { claimName: 'claim' } },
      { name: 'd', ephemeral: {} },
      { name: 'e', csi: { driver: 'x', nodePublishSecretRef: { name: 'csi-secret' } } },
    ],
  });
  const needed = [
    'get secrets ns/env-secret',
    'watch secrets ns/init-secret',
    'list secrets ns/pull',
    'get secrets ns/volume-secret',
    'get secrets ns/projected-secret',
    'get secrets ns/csi-secret',
    'get configmaps ns/env-map',
    'get configmaps ns/projected-map',
    'get persistentvolumeclaims ns/claim',
    'get persistentvolumeclaims ns/p-d',
    'patch persistentvolumeclaims/status ns/claim',
    'create serviceaccounts/token ns/sa',
    'get serviceaccounts ns/sa',
    'get pods ns/p',
  ];

  test.each(needed)('its node may %s', (question) => {
    expect(ask(graphOf(needy), question).decision).toBe('allow');
  });

  test.each(needed)('another node may not %s', (question) => {
    const elsewhere = { ...needy, spec: { containers: [], ...needy.spec, nodeName: 'n2' } } as Pod;
    expect(ask(graphOf(elsewhere), question)).toEqual({ decision: 'noOpinion', reason: NONE });
  });

  test.each(needed)('for a mirror pod nobody may %s', (question) => {
    const mirror = { ...needy, metadata: { ...needy.metadata, annotations: { 'kubernetes.io/config.mirror': 'x' } } };
    expect(ask(graphOf(mirror), question).reason).toBe(NONE);
  });

  test('ends with the last pod that needs it', () => {
    const needs = { imagePullSecrets: [{ name: 'pull' }] };
    const graph = graphOf(pod('a', 'n1', needs), pod('b', 'n1', needs));
    graph.setPod('ns/a', undefined);
    expect(ask(graph, 'get secrets ns/pull').decision).toBe('allow');
    graph.setPod('ns/b', pod('b', 'n1', {}));
    expect(ask(graph, 'get secrets ns/pull').reason).toBe(NONE);
  });

  test('goes from the claim to the volume, and to its secrets', () => {
    const graph = graphOf(needy);
    const volume: PersistentVolume = {
      spec: {
        claimRef: { namespace: 'ns', name: 'claim' },
        csi: { driver: 'x', volumeHandle: 'y', nodeStageSecretRef: { namespace: 'storage', name: 'stage' } },
      },
    };
    expect(ask(graph, 'get persistentvolumes /pv').reason).toBe(NONE);
    graph.setVolume('pv', volume);
    expect(ask(graph, 'get persistentvolumes /pv').decision).toBe('allow');
    expect(ask(graph, 'get secrets storage/stage').decision).toBe('allow');
    graph.setPod('ns/p', undefined);
    expect(ask(graph, 'get persistentvolumes /pv').reason).toBe(NONE);
    expect(ask(graph, 'get secrets storage/stage').reason).toBe(NONE);
  });

  test('an attachment is its node’s', () => {
    const graph = new NodeGraph();
    graph.setAttachment('a', 'n1');
    expect(ask(graph, 'get volumeattachments.storage.k8s.io /a').decision).toBe('allow');
    graph.setAttachment('a', 'n2');
    expect(ask(graph, 'get volumeattachments.storage.k8s.io /a').reason).toBe(NONE);
  });
});

test.each([
  ['get nodes /n1', ''],
  ['patch nodes/status /n1', ''],
  ['create nodes', ''],
  ['watch nodes /n1', ''],
  ['get nodes /n2', 'node "n1" cannot read "n2", only its own Node object'],
  ['list nodes', 'node "n1" cannot read all nodes, only its own Node object'],
  ['list pods / spec.nodeName=n1', ''],
  ['watch pods / spec.nodeName=n1,status.phase!=Failed', ''],
  ['list pods / spec.nodeName=n2', 'can only list/watch pods with spec.nodeName field selector'],
  ['list pods / spec.nodeName!=n1', 'can only list/watch pods with spec.nodeName field selector'],
  ['list pods', 'can only list/watch pods with spec.nodeName field selector'],
  ['get pods ns/other', NONE],
  ['create pods/eviction ns/p', ''],
  ['patch pods/status ns/p', ''],
  ['list secrets ns/', 'No Object name found'],
  ['list secrets', 'can only read namespaced object of this type'],
  ['create secrets ns/', 'can only read resources of this type'],
  ['list persistentvolumeclaims ns/', 'can only get individual resources of this type'],
  ['create serviceaccounts ns/x', 'can only create token subresource of serviceaccount'],
  ['list serviceaccounts ns/', 'can only create tokens for individual service accounts'],
  ['update leases.coordination.k8s.io kube-node-lease/n1', ''],
  [
    'update leases.coordination.k8s.io kube-node-lease/n2',
    'can only access node lease with the same name as the requesting node',
  ],
  [
    'update leases.coordination.k8s.io kube-system/n1',
    'can only access leases in the "kube-node-lease" system namespace',
  ],
  ['list leases.coordination.k8s.io kube-node-lease/', 'can only get, create, update, patch, or delete a node lease'],
  ['update csinodes.storage.k8s.io /n1', ''],
  ['update csinodes.storage.k8s.io /n2', 'can only access CSINode with the same name as the requesting node'],
  ['list services', ''],
  ['create events ns/', ''],
])('%s: %j', (question, reason) => {
  expect(ask(graphOf(), question)).toEqual({ decision: reason === '' ? 'allow' : 'noOpinion', reason });
});

test('what kubelets have no part in is not theirs', () => {
  expect(ask(graphOf(), 'list deployments.apps ns/')).toEqual({ decision: 'noOpinion', reason: '' });
});

test('who is no node is not asked about', () => {
  const user = { name: 'system:node:n1', groups: [] };
  expect(ask(graphOf(), 'get nodes /n1', user)).toEqual({ decision: 'noOpinion', reason: '' });
});

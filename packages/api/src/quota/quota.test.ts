import { describe, expect, test } from 'vitest';
import type { Pod, PodSpec, ResourceQuota, Service } from '../generated/types.js';
import { addLists, exceeding, listText, subtractLists } from './resource-lists.js';
import { quotaCovers } from './scopes.js';
import { quotaConstraint, quotaNamesOf, quotaUsage } from './usage.js';

const PODS = { group: '', plural: 'pods' };
const SERVICES = { group: '', plural: 'services' };
const CLAIMS = { group: '', plural: 'persistentvolumeclaims' };
const NOW = Date.parse('2026-01-01T00:00:00Z');

const pod = (spec: Partial<PodSpec> = {}, rest: Partial<Pod> = {}): Pod => ({
  spec: { containers: [{ name: 'a', image: 'x' }], ...spec },
  ...rest,
});

describe('usage', () => {
  test('of a pod: its requests and limits under every name', () => {
    const resources = {
      requests: { cpu: '100m', memory: '1Gi', 'example.com/gpu': '2', 'hugepages-2Mi': '4Mi' },
      limits: { cpu: '1', 'example.com/gpu': '2' },
    };
    expect(quotaUsage(PODS, pod({ containers: [{ name: 'a', image: 'x', resources }] }), NOW)).toEqual({
      'count/pods': '1',
      pods: '1',
      cpu: '100m',
      'requests.cpu': '100m',
      'limits.cpu': '1',
      memory: '1Gi',
      'requests.memory': '1Gi',
      'requests.example.com/gpu': '2',
      'hugepages-2Mi': '4Mi',
      'requests.hugepages-2Mi': '4Mi',
    });
  });

  test.each<[string, Partial<Pod>, boolean]>([
    ['ended', { status: { phase: 'Failed' } }, false],
    [
      'should have ended',
      { metadata: { deletionTimestamp: '2025-12-31T23:59:00Z', deletionGracePeriodSeconds: 30 } },
      false,
    ],
    ['ends', { metadata: { deletionTimestamp: '2025-12-31T23:59:50Z', deletionGracePeriodSeconds: 30 } }, true],
  ])('of a pod that %s', (_name, rest, counts) => {
    const usage = quotaUsage(PODS, pod({}, rest), NOW);
    expect(usage['count/pods']).toBe('1');
    expect(Object.hasOwn(usage, 'pods')).toBe(counts);
  });

  test.each<[Service['spec'], string, string]>([
    [{ type: 'ClusterIP', ports: [{ port: 1 }] }, '0', '0'],
    [{ type: 'NodePort', ports: [{ port: 1 }, { port: 2 }] }, '2', '0'],
    [{ type: 'LoadBalancer', ports: [{ port: 1 }] }, '1', '1'],
    [{ type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ports: [{ port: 1 }] }, '0', '1'],
  ])('of a Service %j', (spec, nodePorts, loadBalancers) => {
    expect(quotaUsage(SERVICES, { spec } as Service, NOW)).toEqual({
      'count/services': '1',
      services: '1',
      'services.nodeports': nodePorts,
      'services.loadbalancers': loadBalancers,
    });
  });

  test('of a claim: also by its class', () => {
    const spec = { storageClassName: 'fast', resources: { requests: { storage: '1Gi' } } };
    expect(quotaUsage(CLAIMS, { spec } as never, NOW)).toEqual({
      'count/persistentvolumeclaims': '1',
      persistentvolumeclaims: '1',
      'requests.storage': '1Gi',
      'fast.storageclass.storage.k8s.io/persistentvolumeclaims': '1',
      'fast.storageclass.storage.k8s.io/requests.storage': '1Gi',
    });
  });

  test('of other kinds: one', () => {
    expect(quotaUsage({ group: 'apps', plural: 'deployments' }, {}, NOW)).toEqual({ 'count/deployments.apps': '1' });
    expect(quotaUsage({ group: '', plural: 'secrets' }, {}, NOW)).toEqual({ 'count/secrets': '1', secrets: '1' });
  });
});

test('names of a kind', () => {
  const names = ['pods', 'limits.cpu', 'count/pods', 'secrets', 'requests.storage', 'requests.example.com/gpu'];
  expect(quotaNamesOf(PODS, names)).toEqual(['pods', 'limits.cpu', 'count/pods', 'requests.example.com/gpu']);
  expect(quotaNamesOf(CLAIMS, names)).toEqual(['requests.storage']);
  expect(quotaNamesOf({ group: 'apps', plural: 'deployments' }, names)).toEqual([]);
});

describe('scopes', () => {
  const covers = (spec: ResourceQuota['spec'], object: Pod) =>
    quotaCovers({ spec, status: { hard: { pods: '1' } } }, PODS, object);
  const guaranteed = pod({
    containers: [{ name: 'a', image: 'x', resources: { requests: { cpu: '1' } } }],
  });
  const selector = (operator: string, values?: string[]) => ({
    scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator, ...(values ? { values } : {}) }] },
  });
  test.each<[ResourceQuota['spec'], Pod, boolean]>([
    [{}, pod(), true],
    [{ scopes: ['BestEffort'] }, pod(), true],
    [{ scopes: ['BestEffort'] }, guaranteed, false],
    [{ scopes: ['NotBestEffort'] }, guaranteed, true],
    [{ scopes: ['Terminating'] }, pod({ activeDeadlineSeconds: 1 }), true],
    [{ scopes: ['Terminating'] }, pod(), false],
    [{ scopes: ['NotTerminating', 'BestEffort'] }, pod(), true],
    [{ scopes: ['PriorityClass'] }, pod(), false],
    [{ scopes: ['PriorityClass'] }, pod({ priorityClassName: 'high' }), true],
    [selector('In', ['high']), pod({ priorityClassName: 'high' }), true],
    [selector('In', ['high']), pod({ priorityClassName: 'low' }), false],
    [selector('NotIn', ['high']), pod(), true],
    [selector('DoesNotExist'), pod(), true],
    [
      { scopes: ['CrossNamespacePodAffinity'] },
      pod({
        affinity: {
          podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'k', namespaces: ['o'] }] },
        },
      }),
      true,
    ],
  ])('%j', (spec, object, expected) => expect(covers(spec, object)).toBe(expected));
});

describe('what must be said', () => {
  test('of every container', () => {
    const resources = { requests: { cpu: '1' }, limits: { memory: '1Gi' } };
    const object = pod({
      containers: [
        { name: 'b', image: 'x', resources },
        { name: 'a', image: 'x' },
      ],
      initContainers: [{ name: 'i', image: 'x', resources }],
    });
    const names = ['requests.cpu', 'limits.memory', 'limits.cpu', 'pods'];
    expect(quotaConstraint(PODS, object, names)).toBe(
      'must specify limits.cpu for: a,b,i; limits.memory for: a; requests.cpu for: a',
    );
    expect(quotaConstraint(PODS, object, ['pods', 'requests.ephemeral-storage'])).toBe('');
  });
});

test('arithmetic', () => {
  expect(addLists({ cpu: '900m' }, { cpu: '100m', pods: '1' })).toEqual({ cpu: '1', pods: '1' });
  expect(subtractLists({ cpu: '1', pods: '1' }, { cpu: '300m', pods: '2', memory: '1' })).toEqual({
    cpu: '700m',
    pods: '0',
    memory: '0',
  });
  expect(exceeding({ cpu: '1100m', pods: '1', other: '9' }, { cpu: '1', pods: '1' })).toEqual(['cpu']);
  expect(listText({ pods: '50', cpu: '0.5' })).toBe('cpu=500m,pods=50');
});

import type { PolicyRule } from '@kubelab/api';
import { describe, expect, test } from 'vitest';
import { RuleSet } from './rule-set.js';

const USER = { name: 'ann', groups: [] };

function allows(rules: readonly PolicyRule[], question: string): boolean {
  const [verb = '', target = '', name = ''] = question.split(' ');
  if (target.startsWith('/')) {
    const none = { resource: undefined, subresource: '', namespace: '', name: '' };
    return new RuleSet(rules).allows({ user: USER, verb, path: target, ...none });
  }
  const [qualified = '', subresource = ''] = target.split('/');
  const [plural = '', ...group] = qualified.split('.');
  const resource = { group: group.join('.'), plural };
  return new RuleSet(rules).allows({ user: USER, verb, resource, subresource, namespace: 'ns', name, path: '' });
}

const pods: PolicyRule = { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] };

describe('rules on resources', () => {
  test.each<[PolicyRule, string, boolean]>([
    [pods, 'get pods', true],
    [pods, 'get pods p', true],
    [pods, 'delete pods p', false],
    [pods, 'get pods/log p', false],
    [pods, 'get pods.metrics.k8s.io', false],
    [{ ...pods, verbs: ['*'] }, 'deletecollection pods', true],
    [{ ...pods, apiGroups: ['*'] }, 'get pods.metrics.k8s.io', true],
    [{ ...pods, apiGroups: ['*'] }, 'get nodes.metrics.k8s.io', false],
    [{ ...pods, resources: ['*'] }, 'get secrets s', true],
    [{ ...pods, resources: ['*'] }, 'get secrets/x s', true],
    [{ ...pods, resources: ['*'] }, 'get deployments.apps', false],
    [{ ...pods, resources: ['pods/log'] }, 'get pods/log p', true],
    [{ ...pods, resources: ['pods/log'] }, 'get pods p', false],
    [{ ...pods, resources: ['*/scale'], apiGroups: ['*'] }, 'get deployments.apps/scale d', true],
    [{ ...pods, resources: ['*/scale'], apiGroups: ['*'] }, 'get deployments.apps d', false],
    [{ ...pods, resources: ['*/scale'], apiGroups: ['*'] }, 'get deployments.apps/status d', false],
    [{ ...pods, resources: ['*/scale'], apiGroups: ['apps'] }, 'get replicationcontrollers/scale r', false],
    [{ ...pods, resourceNames: ['p'] }, 'get pods p', true],
    [{ ...pods, resourceNames: ['p'] }, 'get pods q', false],
    [{ ...pods, resourceNames: ['p'] }, 'list pods', false],
    [{ ...pods, resourceNames: ['p'], resources: ['*'] }, 'get secrets q', false],
    [{ ...pods, verbs: ['*'] }, 'get /healthz', false],
    // What a review asks with a star is not a pattern.
    [pods, '* pods', false],
    [{ ...pods, verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, '* *.*', true],
  ])('%j, %s: %s', (rule, question, expected) => {
    expect(allows([rule], question)).toBe(expected);
  });

  test('several rules on one resource add up', () => {
    const rules = [pods, { ...pods, verbs: ['delete'], resourceNames: ['p'] }];
    expect([allows(rules, 'list pods'), allows(rules, 'delete pods p'), allows(rules, 'delete pods q')]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('rules on paths', () => {
  const rule = (...nonResourceURLs: string[]): PolicyRule => ({ verbs: ['get'], nonResourceURLs });
  test.each<[PolicyRule, string, boolean]>([
    [rule('/healthz'), 'get /healthz', true],
    [rule('/healthz'), 'post /healthz', false],
    [rule('/healthz'), 'get /healthz/etcd', false],
    [rule('/healthz/*'), 'get /healthz/etcd', true],
    [rule('/healthz/*'), 'get /healthz', false],
    [rule('/api*'), 'get /apis', true],
    [rule('*'), 'get /anything', true],
    [rule('/a', '/b'), 'get /b', true],
    [rule('*'), 'get pods', false],
  ])('%j, %s: %s', (given, question, expected) => {
    expect(allows([given], question)).toBe(expected);
  });
});

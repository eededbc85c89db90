import type { PolicyRule } from '@kubelab/api';
import { describe, expect, test } from 'vitest';
import { compactRules, describeRule, uncoveredRules } from './rules-cover.js';

const rule = (verbs: string, resources: string, more: Partial<PolicyRule> = {}): PolicyRule => ({
  verbs: verbs.split(' '),
  apiGroups: [''],
  resources: resources.split(' '),
  ...more,
});
const ALL = rule('*', '*', { apiGroups: ['*'] });

describe('what is covered', () => {
  test.each<[string, PolicyRule[], PolicyRule[]]>([
    ['the same', [rule('get', 'pods')], [rule('get', 'pods')]],
    ['less', [rule('get list', 'pods secrets')], [rule('get', 'secrets')]],
    ['by several rules together', [rule('get', 'pods'), rule('list', 'pods')], [rule('get list', 'pods')]],
    ['anything, by everything', [ALL], [rule('*', 'pods/log', { apiGroups: ['apps', 'x'], resourceNames: ['a'] })]],
    ['one name, by all names', [rule('get', 'pods')], [rule('get', 'pods', { resourceNames: ['a'] })]],
    ['a subresource, by that of all', [rule('get', '*/scale')], [rule('get', 'deployments/scale')]],
    ['paths', [{ verbs: ['get'], nonResourceURLs: ['/api/*'] }], [{ verbs: ['get'], nonResourceURLs: ['/api/v1'] }]],
  ])('%s', (_what, owned, wanted) => {
    expect(uncoveredRules(owned, wanted)).toEqual([]);
  });

  test.each<[string, PolicyRule[], PolicyRule[], PolicyRule[]]>([
    ['a verb', [rule('get', 'pods')], [rule('get delete', 'pods')], [rule('delete', 'pods')]],
    [
      'all names, by one',
      [rule('get', 'pods', { resourceNames: ['a'] })],
      [rule('get', 'pods')],
      [rule('get', 'pods')],
    ],
    ['a star, by what it stands for', [rule('get list', 'pods')], [rule('*', 'pods')], [rule('*', 'pods')]],
    [
      'a resource, by that of its subresource',
      [rule('get', '*/scale')],
      [rule('get', 'scale')],
      [rule('get', 'scale')],
    ],
    [
      'another group',
      [rule('get', 'pods')],
      [rule('get', 'pods', { apiGroups: ['x'] })],
      [rule('get', 'pods', { apiGroups: ['x'] })],
    ],
    [
      'a path beyond',
      [{ verbs: ['get'], nonResourceURLs: ['/api/*'] }],
      [{ verbs: ['get'], nonResourceURLs: ['/api*'] }],
      [{ verbs: ['get'], nonResourceURLs: ['/api*'] }],
    ],
  ])('not: %s', (_what, owned, wanted, missing) => {
    expect(uncoveredRules(owned, wanted)).toEqual(missing);
  });
});

test('rules on one resource are told as one', () => {
  const missing = uncoveredRules([], [rule('get list', 'pods secrets')]);
  expect(compactRules(missing).map(describeRule)).toEqual([
    '{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}',
    '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
  ]);
});

test('a rule is told as Go prints it', () => {
  expect(describeRule({ verbs: ['get'], nonResourceURLs: ['/a', '/b'] })).toBe(
    '{NonResourceURLs:["/a" "/b"], Verbs:["get"]}',
  );
  expect(describeRule(rule('get', 'pods', { resourceNames: ['x'] }))).toBe(
    '{APIGroups:[""], Resources:["pods"], ResourceNames:["x"], Verbs:["get"]}',
  );
});

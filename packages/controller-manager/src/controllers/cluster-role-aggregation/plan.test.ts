import type { ClusterRole, PolicyRule } from '@kubelab/api';
import { expect, test } from 'vitest';
import { planAggregation } from './plan.js';

const rule = (resource: string): PolicyRule => ({ verbs: ['get'], apiGroups: [''], resources: [resource] });
const role = (name: string, labels: Record<string, string>, ...rules: PolicyRule[]): ClusterRole => ({
  metadata: { name, labels },
  rules,
});
const aggregated = (...rules: PolicyRule[]): ClusterRole => ({
  ...role('sum', { a: 'x' }, ...rules),
  aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'x' } }, { matchLabels: { b: 'y' } }] },
});

test('a role that aggregates nothing stays as it is', () => {
  expect(planAggregation(role('plain', {}), [role('one', { a: 'x' }, rule('pods'))])).toBeUndefined();
});

test('rules come in the order of selectors and names, each once, and not from the role itself', () => {
  const roles = [
    aggregated(rule('own')),
    role('two', { a: 'x' }, rule('secrets'), rule('pods')),
    role('one', { a: 'x' }, rule('pods')),
    role('three', { b: 'y' }, rule('nodes')),
    role('four', { c: 'z' }, rule('services')),
  ];
  expect(planAggregation(aggregated(rule('own')), roles)).toEqual([rule('pods'), rule('secrets'), rule('nodes')]);
});

test('a role that has them already needs nothing', () => {
  expect(planAggregation(aggregated(rule('pods')), [role('one', { a: 'x' }, rule('pods'))])).toBeUndefined();
});

test('rules of roles that are gone go', () => {
  expect(planAggregation(aggregated(rule('pods')), [])).toEqual([]);
});

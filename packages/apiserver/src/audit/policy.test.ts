import { describe, expect, test } from 'vitest';
import type { Attributes } from '../authz/authorizer.js';
import { type AuditRule, auditDecision } from './policy.js';
import { readAuditPolicy } from './read-policy.js';

const request = (changes: Partial<Attributes> = {}): Attributes => ({
  user: { name: 'jane', groups: ['dev', 'system:authenticated'] },
  verb: 'get',
  resource: { group: '', plural: 'pods' },
  subresource: '',
  namespace: 'shop',
  name: 'web',
  path: '/api/v1/namespaces/shop/pods/web',
  ...changes,
});
const path = (text: string) => request({ resource: undefined, namespace: '', name: '', path: text });

describe('rules', () => {
  const matches = (rule: Omit<AuditRule, 'level'>, attributes: Attributes) =>
    auditDecision({ rules: [{ level: 'Metadata', ...rule }] }, attributes).level !== 'None';
  const log = request({ subresource: 'log' });
  test.each<[Omit<AuditRule, 'level'>, Attributes, boolean]>([
    [{}, request(), true],
    [{}, path('/version'), true],
    [{ users: ['jane'] }, request(), true],
    [{ users: ['joe'] }, request(), false],
    [{ userGroups: ['ops', 'dev'] }, request(), true],
    [{ verbs: ['list'] }, request(), false],
    [{ namespaces: ['shop'] }, request(), true],
    [{ namespaces: [''] }, request({ namespace: '' }), true],
    [{ namespaces: ['shop'] }, path('/version'), false],
    [{ resources: [{ group: '' }] }, request(), true],
    [{ resources: [{ group: 'apps' }] }, request(), false],
    [{ resources: [{ resources: ['pods'] }] }, request(), true],
    [{ resources: [{ resources: ['pods'] }] }, log, false],
    [{ resources: [{ resources: ['pods/log'] }] }, log, true],
    [{ resources: [{ resources: ['pods/*'] }] }, log, true],
    [{ resources: [{ resources: ['*/log'] }] }, log, true],
    [{ resources: [{ resources: ['*/log'] }] }, request(), false],
    [{ resources: [{ resources: ['*'] }] }, log, true],
    [{ resources: [{ resources: ['pods'], resourceNames: ['other'] }] }, request(), false],
    [{ nonResourceURLs: ['/health*'] }, path('/healthz'), true],
    [{ nonResourceURLs: ['/healthz'] }, path('/livez'), false],
    [{ nonResourceURLs: ['*'] }, request(), false],
  ])('%j', (rule, attributes, expected) => expect(matches(rule, attributes)).toBe(expected));

  test('the first that matches decides', () => {
    const policy = readAuditPolicy(`
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
omitManagedFields: true
rules:
- level: None
  verbs: [watch]
- level: RequestResponse
  omitStages: [ResponseStarted]
  omitManagedFields: false
`);
    expect(auditDecision(policy, request({ verb: 'watch' })).level).toBe('None');
    expect(auditDecision(policy, request())).toEqual({
      level: 'RequestResponse',
      omitStages: new Set(['RequestReceived', 'ResponseStarted']),
      omitManagedFields: false,
    });
  });
});

describe('a policy that is wrong', () => {
  const head = 'apiVersion: audit.k8s.io/v1\nkind: Policy\n';
  test.each<[string, string]>([
    ['kind: Policy', 'the audit policy is a undefined, Kind=Policy, and not a audit.k8s.io/v1, Kind=Policy'],
    [head, 'rules: Required value'],
    [`${head}rules: [{}]`, 'rules[0].level: Required value'],
    [
      `${head}rules: [{level: All}]`,
      'rules[0].level: Unsupported value: "All": supported values: "Metadata", "None", "Request", "RequestResponse"',
    ],
    [`${head}rules: [{level: None, omitStages: [Never]}]`, 'rules[0].omitStages[0]: Unsupported value: "Never"'],
    [`${head}rules: [{level: None, verb: [get]}]`, 'rules[0].verb: Forbidden: unknown field'],
    [`${head}rules: [{level: None, users: jane}]`, 'rules[0].users: Invalid value: "jane": must be a list of strings'],
    [`${head}rules: [{level: None, nonResourceURLs: [healthz]}]`, 'rules[0].nonResourceURLs[0]: Invalid value'],
    [`${head}rules: [{level: None, nonResourceURLs: ['/a*b']}]`, 'must be the final character of the rule'],
    [
      `${head}rules: [{level: None, nonResourceURLs: ['/a'], namespaces: [a]}]`,
      'rules cannot apply to both regular resources and non-resource URLs',
    ],
    [
      `${head}rules: [{level: None, resources: [{group: apps/v1}]}]`,
      'rules[0].resources[0].group: Invalid value: "apps/v1"',
    ],
    [
      `${head}rules: [{level: None, resources: [{resourceNames: [a]}]}]`,
      'rules[0].resources[0].resourceNames: Invalid value: ["a"]: using resourceNames requires at least one resource',
    ],
  ])('%s', (text, message) => expect(() => readAuditPolicy(text)).toThrow(message));
});

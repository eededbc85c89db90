import { type FieldError, forbidden, invalidValue, notSupported, required } from '@kubelab/api';
import { parse } from 'yaml';
import { AUDIT_LEVELS, AUDIT_STAGES, type AuditPolicy } from './policy.js';

const API_VERSION = 'audit.k8s.io/v1';
const LISTS = ['users', 'userGroups', 'verbs', 'namespaces', 'nonResourceURLs', 'omitStages'];
const POLICY_FIELDS = ['apiVersion', 'kind', 'metadata', 'rules', 'omitStages', 'omitManagedFields'];
const RULE_FIELDS = ['level', 'resources', 'omitManagedFields', ...LISTS];
const RESOURCE_LISTS = ['resources', 'resourceNames'];

type Fields = Record<string, unknown>;

/**
 * Reads an audit policy (YAML or JSON), strictly.
 * @throws Error that names every field that is wrong
 */
export function readAuditPolicy(text: string): AuditPolicy {
  const policy: unknown = parse(text);
  if (!isObject(policy)) throw new Error('the audit policy is no object');
  if (policy.apiVersion !== API_VERSION || policy.kind !== 'Policy') {
    throw new Error(
      `the audit policy is a ${policy.apiVersion}, Kind=${policy.kind}, and not a ${API_VERSION}, Kind=Policy`,
    );
  }
  const errors = policyErrors(policy);
  if (errors.length > 0) {
    throw new Error(`invalid audit policy: ${errors.map(({ field, message }) => `${field}: ${message}`).join(', ')}`);
  }
  return { ...policy, rules: policy.rules as AuditPolicy['rules'] };
}

function policyErrors(policy: Fields): FieldError[] {
  const { rules } = policy;
  return [
    ...unknownFields(policy, POLICY_FIELDS, ''),
    ...booleanErrors(policy.omitManagedFields, 'omitManagedFields'),
    ...stageErrors(policy.omitStages, 'omitStages'),
    ...(Array.isArray(rules) && rules.length > 0
      ? rules.flatMap((rule, i) => ruleErrors(rule, `rules[${i}]`))
      : [required('rules', 'a policy without rules records nothing')]),
  ];
}

function ruleErrors(rule: unknown, path: string): FieldError[] {
  if (!isObject(rule)) return [invalidValue(path, rule, 'must be an object')];
  const isOfResources = isGiven(rule.resources) || isGiven(rule.namespaces);
  return [
    ...unknownFields(rule, RULE_FIELDS, `${path}.`),
    ...levelErrors(rule.level, `${path}.level`),
    ...LISTS.flatMap((name) => listErrors(rule[name], `${path}.${name}`)),
    ...stageErrors(rule.omitStages, `${path}.omitStages`),
    ...booleanErrors(rule.omitManagedFields, `${path}.omitManagedFields`),
    ...pathErrors(rule.nonResourceURLs, `${path}.nonResourceURLs`),
    ...resourceErrors(rule.resources, `${path}.resources`),
    ...(isOfResources && isGiven(rule.nonResourceURLs)
      ? [
          invalidValue(
            `${path}.nonResourceURLs`,
            rule.nonResourceURLs,
            'rules cannot apply to both regular resources and non-resource URLs',
          ),
        ]
      : []),
  ];
}

function levelErrors(level: unknown, path: string): FieldError[] {
  if (level === undefined || level === '') return [required(path)];
  return AUDIT_LEVELS.some((known) => known === level) ? [] : [notSupported(path, level, [...AUDIT_LEVELS].sort())];
}

function stageErrors(stages: unknown, path: string): FieldError[] {
  if (!Array.isArray(stages)) return [];
  return stages.flatMap((stage, i) =>
    AUDIT_STAGES.some((known) => known === stage)
      ? []
      : [notSupported(`${path}[${i}]`, stage, [...AUDIT_STAGES].sort())],
  );
}

function pathErrors(urls: unknown, path: string): FieldError[] {
  if (!Array.isArray(urls)) return [];
  return urls.flatMap((url, i) => {
    if (url === '*' || typeof url !== 'string') return [];
    if (!url.startsWith('/')) {
      return [invalidValue(`${path}[${i}]`, url, 'non-resource URL rules must begin with a "/" character')];
    }
    if (url.slice(0, -1).includes('*')) {
      return [
        invalidValue(`${path}[${i}]`, url, 'non-resource URL wildcards "*" must be the final character of the rule'),
      ];
    }
    return [];
  });
}

function resourceErrors(groups: unknown, path: string): FieldError[] {
  if (groups === undefined) return [];
  if (!Array.isArray(groups)) return [invalidValue(path, groups, 'must be a list')];
  return groups.flatMap((entry, i) => {
    const at = `${path}[${i}]`;
    if (!isObject(entry)) return [invalidValue(at, entry, 'must be an object')];
    const { group = '', resourceNames } = entry;
    return [
      ...unknownFields(entry, ['group', ...RESOURCE_LISTS], `${at}.`),
      ...(typeof group !== 'string' || group.includes('/')
        ? [invalidValue(`${at}.group`, group, 'must be the name of an API group, without version')]
        : []),
      ...RESOURCE_LISTS.flatMap((name) => listErrors(entry[name], `${at}.${name}`)),
      ...(isGiven(resourceNames) && !isGiven(entry.resources)
        ? [invalidValue(`${at}.resourceNames`, resourceNames, 'using resourceNames requires at least one resource')]
        : []),
    ];
  });
}

function listErrors(list: unknown, path: string): FieldError[] {
  if (list === undefined || (Array.isArray(list) && list.every((item) => typeof item === 'string'))) return [];
  return [invalidValue(path, list, 'must be a list of strings')];
}

function booleanErrors(value: unknown, path: string): FieldError[] {
  return value === undefined || typeof value === 'boolean' ? [] : [invalidValue(path, value, 'must be true or false')];
}

function unknownFields(object: Fields, known: readonly string[], prefix: string): FieldError[] {
  return Object.keys(object)
    .filter((name) => !known.includes(name))
    .map((name) => forbidden(`${prefix}${name}`, 'unknown field'));
}

function isGiven(list: unknown): boolean {
  return Array.isArray(list) && list.length > 0;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

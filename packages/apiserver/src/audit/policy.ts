import type { Attributes } from '../authz/authorizer.js';

export const AUDIT_LEVELS = ['None', 'Metadata', 'Request', 'RequestResponse'] as const;
export type AuditLevel = (typeof AUDIT_LEVELS)[number];

export const AUDIT_STAGES = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const;
export type AuditStage = (typeof AUDIT_STAGES)[number];

export interface GroupResources {
  readonly group?: string;
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** audit.k8s.io/v1 PolicyRule: an absent field says nothing. */
export interface AuditRule {
  readonly level: AuditLevel;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly GroupResources[];
  readonly namespaces?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

/** audit.k8s.io/v1 Policy: the first rule that matches a request decides. */
export interface AuditPolicy {
  readonly rules: readonly AuditRule[];
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

/** What is said of one request. */
export interface AuditDecision {
  readonly level: AuditLevel;
  readonly omitStages: ReadonlySet<AuditStage>;
  readonly omitManagedFields: boolean;
}

const NOTHING: AuditDecision = { level: 'None', omitStages: new Set(), omitManagedFields: false };

export function auditDecision(policy: AuditPolicy, attributes: Attributes): AuditDecision {
  const rule = policy.rules.find((candidate) => matches(candidate, attributes));
  if (rule === undefined || rule.level === 'None') return NOTHING;
  return {
    level: rule.level,
    omitStages: new Set([...(policy.omitStages ?? []), ...(rule.omitStages ?? [])]),
    omitManagedFields: rule.omitManagedFields ?? policy.omitManagedFields ?? false,
  };
}

function matches(rule: AuditRule, attributes: Attributes): boolean {
  const { user, verb, resource, path } = attributes;
  if (isGiven(rule.users) && !rule.users.includes(user.name)) return false;
  if (isGiven(rule.userGroups) && !rule.userGroups.some((group) => user.groups.includes(group))) return false;
  if (isGiven(rule.verbs) && !rule.verbs.includes(verb)) return false;
  if (isGiven(rule.namespaces) || isGiven(rule.resources)) return matchesResource(rule, attributes);
  if (!isGiven(rule.nonResourceURLs)) return true;
  return resource === undefined && rule.nonResourceURLs.some((pattern) => matchesPath(pattern, path));
}

function matchesResource({ namespaces, resources }: AuditRule, attributes: Attributes): boolean {
  const { resource, namespace } = attributes;
  if (resource === undefined) return false;
  if (isGiven(namespaces) && !namespaces.includes(namespace)) return false;
  if (!isGiven(resources)) return true;
  return resources.some((wanted) => {
    if ((wanted.group ?? '') !== resource.group) return false;
    if (!isGiven(wanted.resources)) return true;
    if (isGiven(wanted.resourceNames) && !wanted.resourceNames.includes(attributes.name)) return false;
    return wanted.resources.some((pattern) => matchesKind(pattern, resource.plural, attributes.subresource));
  });
}

// `pods`, `pods/log`, `pods/` and any, any and `/scale`, or `*`: a kind's name alone leaves out its subresources.
function matchesKind(pattern: string, plural: string, subresource: string): boolean {
  if (pattern === '*' || pattern === (subresource === '' ? plural : `${plural}/${subresource}`)) return true;
  if (pattern.startsWith('*/')) return subresource !== '' && pattern.slice(2) === subresource;
  return pattern.endsWith('/*') && pattern.slice(0, -2) === plural;
}

function matchesPath(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === path) return true;
  return pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1));
}

function isGiven<T>(list: readonly T[] | undefined): list is readonly T[] {
  return list !== undefined && list.length > 0;
}

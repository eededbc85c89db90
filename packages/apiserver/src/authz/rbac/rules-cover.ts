import type { PolicyRule } from '@kubelab/api';
import { pathMatches } from './rule-set.js';

const ALL = '*';

/** What of `wanted` is not within `owned`, as rules of one verb on one thing each. */
export function uncoveredRules(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(breakDown).filter((rule) => !owned.some((owner) => covers(owner, rule)));
}

/** A rule as rules that each allow one verb on one resource (of one name), or on one path. */
function breakDown(rule: PolicyRule): PolicyRule[] {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  const ofResources = apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb): PolicyRule[] => {
        const one = { verbs: [verb], apiGroups: [group], resources: [resource] };
        return resourceNames.length === 0 ? [one] : resourceNames.map((name) => ({ ...one, resourceNames: [name] }));
      }),
    ),
  );
  const ofPaths = nonResourceURLs.flatMap((url) => verbs.map((verb) => ({ verbs: [verb], nonResourceURLs: [url] })));
  return [...ofResources, ...ofPaths];
}

function covers(owner: PolicyRule, rule: PolicyRule): boolean {
  return (
    hasAll(owner.verbs, rule.verbs) &&
    hasAll(owner.apiGroups, rule.apiGroups) &&
    coversResources(owner.resources ?? [], rule.resources ?? []) &&
    (rule.nonResourceURLs ?? []).every((path) => (owner.nonResourceURLs ?? []).some((url) => pathMatches(url, path))) &&
    coversNames(owner.resourceNames ?? [], rule.resourceNames ?? [])
  );
}

function hasAll(owned: readonly string[] = [], wanted: readonly string[] = []): boolean {
  return owned.includes(ALL) || wanted.every((value) => owned.includes(value));
}

function coversResources(owned: readonly string[], wanted: readonly string[]): boolean {
  return (
    owned.includes(ALL) ||
    wanted.every((resource) => {
      const slash = resource.indexOf('/');
      return owned.includes(resource) || (slash >= 0 && owned.includes(`*${resource.slice(slash)}`));
    })
  );
}

/** No names means every name. */
function coversNames(owned: readonly string[], wanted: readonly string[]): boolean {
  if (wanted.length === 0) return owned.length === 0;
  return owned.length === 0 || wanted.every((name) => owned.includes(name));
}

/** Rules on the same resource become one, with the verbs of all. */
export function compactRules(rules: readonly PolicyRule[]): PolicyRule[] {
  const merged = new Map<string, PolicyRule>();
  const others: PolicyRule[] = [];
  for (const rule of rules) {
    const { apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
    if (apiGroups.length !== 1 || resources.length !== 1 || resourceNames.length > 1 || nonResourceURLs.length > 0) {
      others.push(rule);
      continue;
    }
    const key = JSON.stringify([apiGroups, resources, resourceNames]);
    const present = merged.get(key);
    merged.set(key, present === undefined ? rule : { ...present, verbs: [...present.verbs, ...rule.verbs] });
  }
  return [...others, ...merged.values()];
}

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}` */
export function describeRule({ apiGroups, resources, nonResourceURLs, resourceNames, verbs }: PolicyRule): string {
  const parts: [string, readonly string[] | undefined][] = [
    ['APIGroups', apiGroups],
    ['Resources', resources],
    ['NonResourceURLs', nonResourceURLs],
    ['ResourceNames', resourceNames],
    ['Verbs', verbs],
  ];
  const texts = parts.flatMap(([name, values]) => (values?.length ? [`${name}:${quoteAll(values)}`] : []));
  return `{${texts.join(', ')}}`;
}

/** As Go prints a list of strings with %q. */
export function quoteAll(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
}

import type { PolicyRule } from '@kubelab/api';
import type { Attributes } from '../authorizer.js';

const ALL = '*';

/** A rule, with what is compared most often at hand. Undefined stands for everything. */
interface ResourceRule {
  readonly verbs: ReadonlySet<string> | undefined;
  readonly names: ReadonlySet<string> | undefined;
}

interface WildcardRule extends ResourceRule {
  readonly groups: ReadonlySet<string> | undefined;
  readonly resources: ReadonlySet<string>;
}

/**
 * The rules of one role, indexed by group and resource: how many rules a role
 * has does not matter to a decision, only how many of them hold wildcards.
 */
export class RuleSet {
  readonly #exact = new Map<string, ResourceRule[]>();
  readonly #wildcards: WildcardRule[] = [];
  readonly #paths: { readonly verbs: ReadonlySet<string> | undefined; readonly urls: readonly string[] }[] = [];

  constructor(readonly rules: readonly PolicyRule[]) {
    for (const rule of rules) this.#add(rule);
  }

  allows({ verb, resource, subresource, name, path }: Attributes): boolean {
    if (resource === undefined) return this.#allowsPath(verb, path);
    const { group, plural } = resource;
    const target = subresource === '' ? plural : `${plural}/${subresource}`;
    const exact = this.#exact.get(`${group}/${target}`);
    if (exact?.some((rule) => matches(rule, verb, name))) return true;
    return this.#wildcards.some(
      (rule) =>
        (rule.groups === undefined || rule.groups.has(group)) &&
        (rule.resources.has(ALL) ||
          rule.resources.has(target) ||
          (subresource !== '' && rule.resources.has(`*/${subresource}`))) &&
        matches(rule, verb, name),
    );
  }

  #allowsPath(verb: string, path: string): boolean {
    return this.#paths.some(
      ({ verbs, urls }) => (verbs === undefined || verbs.has(verb)) && urls.some((url) => pathMatches(url, path)),
    );
  }

  #add({ verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: PolicyRule): void {
    const rule: ResourceRule = {
      verbs: setOf(verbs),
      names: resourceNames.length === 0 ? undefined : new Set(resourceNames),
    };
    if (nonResourceURLs.length > 0) this.#paths.push({ verbs: rule.verbs, urls: nonResourceURLs });
    if (apiGroups.includes(ALL) || resources.some((resource) => resource === ALL || resource.startsWith('*/'))) {
      this.#wildcards.push({ ...rule, groups: setOf(apiGroups), resources: new Set(resources) });
      return;
    }
    for (const group of apiGroups) {
      for (const resource of resources) {
        const key = `${group}/${resource}`;
        const present = this.#exact.get(key);
        if (present === undefined) this.#exact.set(key, [rule]);
        else present.push(rule);
      }
    }
  }
}

function matches({ verbs, names }: ResourceRule, verb: string, name: string): boolean {
  return (verbs === undefined || verbs.has(verb)) && (names === undefined || names.has(name));
}

/** Undefined where it holds everything. */
function setOf(values: readonly string[]): ReadonlySet<string> | undefined {
  return values.includes(ALL) ? undefined : new Set(values);
}

/** A trailing `*` stands for any end. */
export function pathMatches(url: string, path: string): boolean {
  return url === ALL || url === path || (url.endsWith(ALL) && path.startsWith(url.replace(/\*+$/, '')));
}

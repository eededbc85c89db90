import {
  type ClusterRole,
  clusterRoleBindings,
  clusterRoles,
  deepEqual,
  type KubernetesObject,
  notFound,
  type PolicyRule,
  type Role,
  type RoleBinding,
  type RoleRef,
  roleBindings,
  roles,
} from '@kubelab/api';
import type { AdmissionChain, AdmissionRequest } from '../../admission/admission.js';
import { forbiddenObject } from '../../admission/forbidden-object.js';
import type { User } from '../../authn/user.js';
import type { Attributes, Authorizer } from '../authorizer.js';
import { type PolicyIndex, rolePath } from './policy-index.js';
import { rbacAuthorizer } from './rbac-authorizer.js';
import { compactRules, describeRule, quoteAll, uncoveredRules } from './rules-cover.js';

const RBAC_GROUP = 'rbac.authorization.k8s.io';
const SUPERUSERS = 'system:masters';
const FULL_AUTHORITY: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];
const ROLES = new Set<string>([roles.plural, clusterRoles.plural]);
const BINDINGS = new Set<string>([roleBindings.plural, clusterRoleBindings.plural]);

/**
 * Nobody gives what he does not have: who writes a role must hold all of its
 * rules (or `escalate`), who writes a binding all of its role's (or `bind`).
 * Runs after admission has filled in the object, whatever plugins there are.
 */
export function withEscalationCheck(chain: AdmissionChain, index: PolicyIndex, authorizer: Authorizer): AdmissionChain {
  const check = escalationCheck(index, authorizer);
  return {
    async admit(request) {
      await chain.admit(request);
      if (request.resource.group === RBAC_GROUP && request.operation !== 'DELETE') await check(request);
    },
    validate: (request) => chain.validate(request),
  };
}

function escalationCheck(index: PolicyIndex, authorizer: Authorizer) {
  const { rulesFor } = rbacAuthorizer(index);

  async function mayDo(attributes: Omit<Attributes, 'subresource' | 'path'>): Promise<boolean> {
    return (await authorizer.authorize({ ...attributes, subresource: '', path: '' })).decision === 'allow';
  }

  /** @throws ApiError Forbidden */
  function confirm(request: AdmissionRequest, rules: readonly PolicyRule[], say = describeMissing): void {
    const { user, resource, key, object } = request;
    const held = rulesFor(user, key.namespace);
    const missing = uncoveredRules(held.rules, rules);
    if (missing.length === 0) return;
    throw forbiddenObject(resource, object?.metadata?.name ?? key.name, say(user, missing, held.errors));
  }

  async function checkRole(request: AdmissionRequest): Promise<void> {
    const { user, resource, key, operation, object, old } = request;
    const name = operation === 'CREATE' ? '' : key.name;
    if (await mayDo({ user, verb: 'escalate', resource, namespace: key.namespace, name })) return;
    const role = object as Role & ClusterRole;
    confirm(request, role.rules ?? []);
    const before = (old as ClusterRole | undefined)?.aggregationRule;
    if (deepEqual(role.aggregationRule, before)) return;
    confirm(request, FULL_AUTHORITY, () => 'must have cluster-admin privileges to use the aggregationRule');
  }

  async function checkBinding(request: AdmissionRequest): Promise<void> {
    const { user, key, object } = request;
    const { roleRef } = object as RoleBinding;
    // Validation refuses it.
    if (roleRef?.name === undefined) return;
    const resource = roleRef.kind === 'Role' ? roles : clusterRoles;
    if (await mayDo({ user, verb: 'bind', resource, namespace: key.namespace, name: roleRef.name })) return;
    confirm(request, rulesOf(roleRef, key.namespace));
  }

  /** @throws ApiError NotFound */
  function rulesOf(roleRef: RoleRef, namespace: string): readonly PolicyRule[] {
    const found = index.ruleSet(rolePath(roleRef, namespace));
    if (found === undefined) throw notFound(roleRef.kind === 'Role' ? roles : clusterRoles, roleRef.name);
    return found.rules;
  }

  return async (request: AdmissionRequest): Promise<void> => {
    const { user, resource, object, old } = request;
    if (user.groups.includes(SUPERUSERS) || object === undefined) return;
    if (old !== undefined && changesOnlyOwnership(object, old)) return;
    if (ROLES.has(resource.plural)) await checkRole(request);
    else if (BINDINGS.has(resource.plural)) await checkBinding(request);
  };
}

/** What the garbage collector changes gives nobody anything. */
function changesOnlyOwnership(object: KubernetesObject, old: KubernetesObject): boolean {
  const rest = ({ metadata, ...others }: KubernetesObject) => {
    const { ownerReferences, finalizers, resourceVersion, managedFields, ...kept } = metadata ?? {};
    return { ...others, metadata: kept };
  };
  return deepEqual(rest(object), rest(old));
}

function describeMissing(user: User, missing: readonly PolicyRule[], errors: readonly string[]): string {
  const rules = [...new Set(compactRules(missing).map(describeRule))].sort();
  const who = `user ${JSON.stringify(user.name)} (groups=${quoteAll(user.groups)})`;
  const text = `${who} is attempting to grant RBAC permissions not currently held:\n${rules.join('\n')}`;
  return errors.length === 0 ? text : `${text}; resolution errors: [${errors.join(' ')}]`;
}

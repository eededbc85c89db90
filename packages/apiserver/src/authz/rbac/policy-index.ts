import {
  type ClusterRole,
  type ClusterRoleBinding,
  clusterRoleBindings,
  clusterRoles,
  type DeepReadonly,
  type KubernetesObject,
  type PolicyRule,
  type RbacSubject,
  type ResourceType,
  type Role,
  type RoleBinding,
  roleBindings,
  roles,
} from '@kubelab/api';
import type { User } from '../../authn/user.js';
import type { Storage, StoredEvent, StoredObject } from '../../storage/storage.js';
import { RuleSet } from './rule-set.js';
import { type Grant, SubjectIndex } from './subject-index.js';

type AnyRole = DeepReadonly<Role | ClusterRole>;
type AnyBinding = DeepReadonly<RoleBinding | ClusterRoleBinding>;

interface IndexedBinding {
  readonly subjects: readonly { readonly subject: RbacSubject; readonly grant: Grant }[];
}

/** Says of every user which rules he has been given: follows the storage's caches, a change at a time. */
export class PolicyIndex {
  /** By `NAMESPACE/NAME`, of ClusterRoles `/NAME`. */
  readonly #roles = new Map<string, RuleSet>();
  readonly #bindings = new Map<string, IndexedBinding>();
  /** Of RoleBindings by namespace, of ClusterRoleBindings under "". */
  readonly #subjects = new Map<string, SubjectIndex>();

  /** Fills itself from the storage from now on. */
  follow(storage: Storage): void {
    this.#observe(storage, clusterRoles, (path, role) => this.setRole(path, role));
    this.#observe(storage, roles, (path, role) => this.setRole(path, role));
    this.#observe(storage, clusterRoleBindings, (path, binding) => this.setBinding(path, binding));
    this.#observe(storage, roleBindings, (path, binding) => this.setBinding(path, binding));
  }

  /** `path` is NAMESPACE/NAME, or /NAME of a ClusterRole; undefined: it is gone. */
  setRole(path: string, role: AnyRole | undefined): void {
    if (role === undefined) this.#roles.delete(path);
    else this.#roles.set(path, new RuleSet((role.rules ?? []) as PolicyRule[]));
  }

  setBinding(path: string, binding: AnyBinding | undefined): void {
    const namespace = path.slice(0, path.indexOf('/'));
    this.#removeBinding(path, namespace);
    if (binding === undefined) return;
    const index = this.#subjects.get(namespace) ?? new SubjectIndex();
    this.#subjects.set(namespace, index);
    const subjects = ((binding.subjects ?? []) as RbacSubject[]).map((subject) => {
      const grant = grantOf(binding, namespace, subject);
      index.add(subject, namespace, grant);
      return { subject, grant };
    });
    this.#bindings.set(path, { subjects });
  }

  /** Undefined for a role that is missing. */
  ruleSet(role: string): RuleSet | undefined {
    return this.#roles.get(role);
  }

  /** Calls `visit` with what the user has been given, cluster-wide and in the namespace, until it answers true. */
  someGrant(user: User, namespace: string, visit: (grant: Grant) => boolean): boolean {
    if (this.#subjects.get('')?.some(user, visit)) return true;
    return namespace !== '' && (this.#subjects.get(namespace)?.some(user, visit) ?? false);
  }

  #removeBinding(path: string, namespace: string): void {
    const present = this.#bindings.get(path);
    const index = this.#subjects.get(namespace);
    if (present === undefined || index === undefined) return;
    for (const { subject, grant } of present.subjects) index.remove(subject, namespace, grant);
    this.#bindings.delete(path);
    if (index.isEmpty) this.#subjects.delete(namespace);
  }

  #observe<T extends KubernetesObject>(
    storage: Storage,
    resource: ResourceType<T>,
    set: (path: string, object: DeepReadonly<T> | undefined) => void,
  ): void {
    const observer = ({ type, current }: StoredEvent): void => {
      const { key, object } = current as StoredObject<T>;
      set(`${key.namespace}/${key.name}`, type === 'DELETED' ? undefined : (object as DeepReadonly<T>));
    };
    storage.forResource(resource).observe(observer, { decides: true });
  }
}

/** The path of the role that a binding in `namespace` ("" for a ClusterRoleBinding) refers to. */
export function rolePath({ kind, name }: { kind: string; name: string }, namespace: string): string {
  return kind === 'Role' ? `${namespace}/${name}` : `/${name}`;
}

/** What Kubernetes says of a role that is missing. */
export function describeMissingRole(path: string): string {
  const [namespace, name] = path.split('/');
  const resource = namespace === '' ? 'clusterrole' : 'role';
  return `${resource}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found`;
}

function grantOf({ metadata, roleRef }: AnyBinding, namespace: string, subject: RbacSubject): Grant {
  const name = metadata?.name ?? '';
  const binding =
    namespace === ''
      ? `ClusterRoleBinding ${JSON.stringify(name)}`
      : `RoleBinding ${JSON.stringify(`${name}/${namespace}`)}`;
  const to = describeSubject(subject, namespace);
  return {
    role: rolePath(roleRef, namespace),
    reason: `RBAC: allowed by ${binding} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${to}`,
  };
}

function describeSubject({ kind, name, namespace }: RbacSubject, bindingNamespace: string): string {
  const full = kind === 'ServiceAccount' ? `${name}/${namespace || bindingNamespace}` : name;
  return `${kind} ${JSON.stringify(full)}`;
}

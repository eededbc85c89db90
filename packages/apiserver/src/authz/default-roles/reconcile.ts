import {
  type ClusterRole,
  type ClusterRoleBinding,
  clusterRoleBindings,
  clusterRoles,
  deepEqual,
  isApiError,
  type KubernetesObject,
  type Persisted,
  type ResourceType,
  type Role,
  type RoleBinding,
  roleBindings,
  roles,
} from '@kubelab/api';
import { ensureExists, ownContext } from '../../bootstrap/ensure-object.js';
import { deleteObject } from '../../registry/delete.js';
import { prepareForUpdate } from '../../registry/prepare.js';
import type { Registry } from '../../registry/registry.js';
import { transform } from '../../registry/transform.js';
import { uncoveredRules } from '../rbac/rules-cover.js';
import { clusterBindings, namespaceBindings } from './bindings.js';
import { componentRoles } from './component-roles.js';
import { controllerRoles } from './controller-roles.js';
import { namespaceRoles } from './namespace-roles.js';
import { userRoles } from './user-roles.js';

const LABEL = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const AUTOUPDATE = 'rbac.authorization.kubernetes.io/autoupdate';
/** Written at once at the first start. */
const CONCURRENCY = 32;

type AnyRole = Role & ClusterRole;
type AnyBinding = RoleBinding | ClusterRoleBinding;

/**
 * Makes the default roles and bindings, and gives those that are there what
 * they lack; what somebody added to them stays. An object whose annotation
 * `rbac.authorization.kubernetes.io/autoupdate` is "false" is left alone.
 */
export async function ensureDefaultRoles(registry: Registry, signal: AbortSignal): Promise<void> {
  await all([...userRoles, ...componentRoles, ...controllerRoles], (role) =>
    ensure(registry, clusterRoles, marked(role), completedRole, signal),
  );
  await all(namespaceRoles, (role) => ensure(registry, roles, marked(role), completedRole, signal));
  await all(clusterBindings, (binding) => ensureBinding(registry, clusterRoleBindings, marked(binding), signal));
  await all(namespaceBindings, (binding) => ensureBinding(registry, roleBindings, marked(binding), signal));
}

async function ensureBinding<T extends AnyBinding & KubernetesObject>(
  registry: Registry,
  resource: ResourceType<T>,
  wanted: T,
  signal: AbortSignal,
): Promise<void> {
  const { namespace = '', name = '' } = wanted.metadata ?? {};
  const scope = registry.scope(resource);
  const present = scope.storage.getCached({ namespace, name })?.object as AnyBinding | undefined;
  // What a binding refers to cannot be changed, so the binding is made anew.
  if (present !== undefined && mayUpdate(present) && !deepEqual(present.roleRef, wanted.roleRef)) {
    try {
      await deleteObject(scope, { namespace, name }, {}, ownContext(signal));
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
    }
  }
  await ensure(registry, resource, wanted, completedBinding, signal);
}

/** `complete` makes of what is there and what is wanted what shall be there. */
async function ensure<T extends KubernetesObject>(
  registry: Registry,
  resource: ResourceType<T>,
  wanted: T,
  complete: (present: T, wanted: T) => T,
  signal: AbortSignal,
): Promise<void> {
  const { namespace = '', name = '' } = wanted.metadata ?? {};
  const key = { namespace, name };
  const scope = registry.scope(resource);
  const present = scope.storage.getCached(key)?.object;
  if (present === undefined) return ensureExists(scope, structuredClone(wanted), signal);
  if (!needsUpdate(present, wanted, complete)) return;
  const context = ownContext(signal);
  await transform(scope, {
    key,
    expectedVersion: '',
    dryRun: false,
    context,
    change: (old) => {
      const object = withMarks(complete(structuredClone(old) as T, wanted), wanted);
      return prepareForUpdate(scope, object, old, { key, subresource: '', dryRun: false, context });
    },
  });
}

function needsUpdate<T extends KubernetesObject>(
  present: Persisted<T>,
  wanted: T,
  complete: (present: T, wanted: T) => T,
): boolean {
  if (!mayUpdate(present)) return false;
  return !deepEqual(withMarks(complete(structuredClone(present) as T, wanted), wanted), present);
}

function mayUpdate({ metadata }: KubernetesObject): boolean {
  return metadata?.annotations?.[AUTOUPDATE] !== 'false';
}

function marked<T extends KubernetesObject>(object: T): T {
  const { metadata } = object;
  const marks = { labels: { ...LABEL, ...metadata?.labels }, annotations: { [AUTOUPDATE]: 'true' } };
  return { ...object, metadata: { ...metadata, ...marks } };
}

function withMarks<T extends KubernetesObject>(object: T, { metadata }: T): T {
  const labels = { ...object.metadata?.labels, ...metadata?.labels };
  const annotations = { ...metadata?.annotations, ...object.metadata?.annotations };
  return { ...object, metadata: { ...object.metadata, labels, annotations } };
}

function completedRole<T extends KubernetesObject>(present: T, wanted: T): T {
  const [role, desired] = [present as unknown as AnyRole, wanted as unknown as AnyRole];
  // Its rules are the aggregation controller's.
  if (desired.aggregationRule !== undefined)
    return { ...present, aggregationRule: completedAggregation(role, desired) };
  const missing = uncoveredRules(role.rules ?? [], desired.rules ?? []);
  return missing.length === 0 ? present : { ...present, rules: [...(role.rules ?? []), ...missing] };
}

function completedAggregation(role: AnyRole, desired: AnyRole): ClusterRole['aggregationRule'] {
  const present = role.aggregationRule?.clusterRoleSelectors ?? [];
  const wanted = desired.aggregationRule?.clusterRoleSelectors ?? [];
  const missing = wanted.filter((selector) => !present.some((other) => deepEqual(other, selector)));
  return { clusterRoleSelectors: [...present, ...missing] };
}

function completedBinding<T extends AnyBinding & KubernetesObject>(present: T, wanted: T): T {
  const subjects = present.subjects ?? [];
  const missing = (wanted.subjects ?? []).filter((subject) => !subjects.some((other) => deepEqual(other, subject)));
  return missing.length === 0 ? present : { ...present, subjects: [...subjects, ...missing] };
}

async function all<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items];
  const worker = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

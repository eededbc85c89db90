import type { ClusterRole, Role } from '../generated/types.js';
import { createdAtColumn, nameColumn } from '../printers/columns.js';
import type { ResourceType } from '../resource.js';
import { validateClusterRole, validateRole } from '../validation/role.js';

/** Names of roles are those of users' making: anything that a path can hold. */
const RBAC_STRATEGY = { tracksGeneration: false, nameRule: 'pathSegment', allowCreateOnUpdate: true } as const;

export const roles: ResourceType<Role> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  plural: 'roles',
  singular: 'role',
  shortNames: [],
  categories: [],
  namespaced: true,
  definition: 'Role',
  subresources: [],
  columns: [nameColumn<Role>(), createdAtColumn<Role>()],
  selectableFields: {},
  strategy: { ...RBAC_STRATEGY, validate: validateRole },
};

export const clusterRoles: ResourceType<ClusterRole> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  singular: 'clusterrole',
  shortNames: [],
  categories: [],
  namespaced: false,
  definition: 'ClusterRole',
  subresources: [],
  columns: [nameColumn<ClusterRole>(), createdAtColumn<ClusterRole>()],
  selectableFields: {},
  strategy: { ...RBAC_STRATEGY, validate: validateClusterRole },
};

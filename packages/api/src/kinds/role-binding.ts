import type { ClusterRoleBinding, RbacSubject, RoleBinding } from '../generated/types.js';
import { ageColumn, column, nameColumn, wideColumn } from '../printers/columns.js';
import type { PrinterColumn, ResourceType } from '../resource.js';
import {
  validateClusterRoleBinding,
  validateRoleBinding,
  validateRoleBindingUpdate,
} from '../validation/role-binding.js';

type Binding = RoleBinding | ClusterRoleBinding;
const RBAC_GROUP = 'rbac.authorization.k8s.io';

const BINDING_STRATEGY = {
  tracksGeneration: false,
  nameRule: 'pathSegment',
  allowCreateOnUpdate: true,
  setDefaults({ roleRef, subjects = [] }: Partial<Binding>) {
    if (roleRef) roleRef.apiGroup ||= RBAC_GROUP;
    for (const subject of subjects) {
      if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= RBAC_GROUP;
    }
  },
  validateUpdate: validateRoleBindingUpdate,
} as const;

function bindingColumns<T extends Binding>(): PrinterColumn<T>[] {
  const namesOf = (kind: string, name: (subject: RbacSubject) => string) => (binding: T) =>
    (binding.subjects ?? [])
      .filter((subject) => subject.kind === kind)
      .map(name)
      .join(', ');
  return [
    nameColumn<T>(),
    column<T>('Role', 'string', 'The role that is given.', ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`),
    ageColumn<T>(),
    wideColumn<T>(
      'Users',
      'The users who have the role.',
      namesOf('User', ({ name }) => name),
    ),
    wideColumn<T>(
      'Groups',
      'The groups whose members have it.',
      namesOf('Group', ({ name }) => name),
    ),
    wideColumn<T>(
      'ServiceAccounts',
      'The service accounts that have it.',
      namesOf('ServiceAccount', ({ namespace = '', name }) => `${namespace}/${name}`),
    ),
  ];
}

export const roleBindings: ResourceType<RoleBinding> = {
  group: RBAC_GROUP,
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  singular: 'rolebinding',
  shortNames: [],
  categories: [],
  namespaced: true,
  definition: 'RoleBinding',
  subresources: [],
  columns: bindingColumns<RoleBinding>(),
  selectableFields: {},
  strategy: { ...BINDING_STRATEGY, validate: validateRoleBinding },
};

export const clusterRoleBindings: ResourceType<ClusterRoleBinding> = {
  group: RBAC_GROUP,
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  singular: 'clusterrolebinding',
  shortNames: [],
  categories: [],
  namespaced: false,
  definition: 'ClusterRoleBinding',
  subresources: [],
  columns: bindingColumns<ClusterRoleBinding>(),
  selectableFields: {},
  strategy: { ...BINDING_STRATEGY, validate: validateClusterRoleBinding },
};

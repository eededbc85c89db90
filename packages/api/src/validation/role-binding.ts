import type { FieldError } from '../errors.js';
import type { ClusterRoleBinding, RbacSubject, RoleBinding, RoleRef } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { invalidEach, invalidValue, notSupported, required } from './field-error.js';
import { checkDnsSubdomain, checkPathSegment } from './names.js';

type Binding = DeepReadonly<Pick<RoleBinding | ClusterRoleBinding, 'subjects' | 'roleRef'>>;
const RBAC_GROUP = 'rbac.authorization.k8s.io';

export function validateRoleBinding(binding: Binding): FieldError[] {
  return validateBinding(binding, ['Role', 'ClusterRole'], true);
}

export function validateClusterRoleBinding(binding: Binding): FieldError[] {
  return validateBinding(binding, ['ClusterRole'], false);
}

function validateBinding({ roleRef, subjects = [] }: Binding, roleKinds: string[], isNamespaced: boolean) {
  return [
    ...validateRoleRef(roleRef ?? {}, roleKinds),
    ...subjects.flatMap((subject, i) => validateSubject(subject, isNamespaced, `subjects[${i}]`)),
  ];
}

function validateRoleRef(roleRef: DeepReadonly<Partial<RoleRef>>, roleKinds: string[]): FieldError[] {
  const { apiGroup = '', kind = '', name = '' } = roleRef;
  const errors: FieldError[] = [];
  if (apiGroup !== RBAC_GROUP) errors.push(notSupported('roleRef.apiGroup', apiGroup, [RBAC_GROUP]));
  if (!roleKinds.includes(kind)) errors.push(notSupported('roleRef.kind', kind, roleKinds));
  if (name === '') errors.push(required('roleRef.name'));
  else errors.push(...invalidEach('roleRef.name', name, checkPathSegment(name)));
  return errors;
}

function validateSubject(
  subject: DeepReadonly<Partial<RbacSubject>>,
  isNamespaced: boolean,
  path: string,
): FieldError[] {
  const { kind = '', name = '', apiGroup = '', namespace = '' } = subject;
  const errors = name === '' ? [required(`${path}.name`)] : [];
  switch (kind) {
    case 'ServiceAccount':
      if (name !== '') errors.push(...invalidEach(`${path}.name`, name, checkDnsSubdomain(name)));
      if (apiGroup !== '') errors.push(notSupported(`${path}.apiGroup`, apiGroup, ['']));
      if (!isNamespaced && namespace === '') errors.push(required(`${path}.namespace`));
      return errors;
    case 'User':
    case 'Group':
      if (name === '') errors.push(invalidValue(`${path}.name`, name, `${kind.toLowerCase()} name cannot be empty`));
      if (apiGroup !== RBAC_GROUP) errors.push(notSupported(`${path}.apiGroup`, apiGroup, [RBAC_GROUP]));
      return errors;
    default:
      return [...errors, notSupported(`${path}.kind`, kind, ['ServiceAccount', 'User', 'Group'])];
  }
}

export function validateRoleBindingUpdate(binding: Binding, old: Binding): FieldError[] {
  const { apiGroup = '', kind = '', name = '' } = binding.roleRef ?? {};
  const before = old.roleRef;
  if (apiGroup === before?.apiGroup && kind === before.kind && name === before.name) return [];
  // Kubernetes shows its inner type here, whose fields are capitalized.
  return [invalidValue('roleRef', { APIGroup: apiGroup, Kind: kind, Name: name }, 'cannot change roleRef')];
}

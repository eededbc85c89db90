import type { FieldError } from '../../errors.js';
import type {
  AppArmorProfile,
  PodSecurityContext,
  PodSpec,
  SeccompProfile,
  SecurityContext,
} from '../../generated/types.js';
import type { DeepReadonly } from '../../object.js';
import { duplicate, forbidden, invalidValue, notSupported, required } from '../field-error.js';
import { accountId, optionalOneOf } from '../values.js';

const PROFILE_TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const SYSCTL_NAME = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;

export function validateSecurityContext(
  context: DeepReadonly<SecurityContext> | undefined,
  path: string,
): FieldError[] {
  if (context === undefined) return [];
  const errors = [
    ...accountId(`${path}.runAsUser`, context.runAsUser),
    ...accountId(`${path}.runAsGroup`, context.runAsGroup),
    ...optionalOneOf(`${path}.procMount`, context.procMount, ['Default', 'Unmasked']),
    ...validateProfile(context.seccompProfile, 'seccomp', `${path}.seccompProfile`),
    ...validateProfile(context.appArmorProfile, 'AppArmor', `${path}.appArmorProfile`),
  ];
  if (context.allowPrivilegeEscalation !== false) return errors;
  const refuse = (what: string): FieldError =>
    invalidValue(path, context, `cannot set \`allowPrivilegeEscalation\` to false and ${what}`);
  if (context.privileged === true) errors.push(refuse('`privileged` to true'));
  if (context.capabilities?.add?.includes('CAP_SYS_ADMIN')) errors.push(refuse('`capabilities.Add` CAP_SYS_ADMIN'));
  return errors;
}

function validateProfile(
  profile: DeepReadonly<SeccompProfile | AppArmorProfile> | undefined,
  what: 'seccomp' | 'AppArmor',
  path: string,
): FieldError[] {
  if (profile === undefined) return [];
  const { type = '', localhostProfile } = profile;
  if (type === '') return [required(`${path}.type`, `type is required when ${what.toLowerCase()}Profile is set`)];
  if (!PROFILE_TYPES.includes(type)) return [notSupported(`${path}.type`, type, PROFILE_TYPES)];
  if (type === 'Localhost' && (localhostProfile ?? '') === '') {
    return [required(`${path}.localhostProfile`, `must be set when ${what} type is Localhost`)];
  }
  return type !== 'Localhost' && localhostProfile !== undefined
    ? [invalidValue(`${path}.localhostProfile`, localhostProfile, `can only be set when ${what} type is Localhost`)]
    : [];
}

/** Users of the pod's own go with none of the host's other namespaces; a bare /proc goes with nothing else. */
export function validateHostUsers(spec: DeepReadonly<PodSpec>, path: string): FieldError[] {
  if (spec.hostUsers === false) {
    return (['hostNetwork', 'hostPID', 'hostIPC'] as const)
      .filter((field) => spec[field] === true)
      .map((field) => forbidden(`${path}.${field}`, 'when `hostUsers` is false'));
  }
  const text = '`hostUsers` must be false to use `Unmasked`';
  return (['initContainers', 'containers'] as const).flatMap((list) =>
    (spec[list] ?? []).flatMap(({ securityContext }, i) =>
      securityContext?.procMount === 'Unmasked'
        ? [invalidValue(`${path}.${list}[${i}].securityContext.procMount`, 'Unmasked', text)]
        : [],
    ),
  );
}

export function validatePodSecurityContext(spec: DeepReadonly<PodSpec>, path: string): FieldError[] {
  const context = spec.securityContext;
  const errors: FieldError[] = [];
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    const text = 'ShareProcessNamespace and HostPID cannot both be enabled';
    errors.push(invalidValue(`${path}.shareProcessNamespace`, true, text));
  }
  if (context === undefined) return errors;
  return [...errors, ...validatePodContextFields(context, path), ...validateSysctls(context, path)];
}

function validatePodContextFields(context: DeepReadonly<PodSecurityContext>, path: string): FieldError[] {
  return [
    ...accountId(`${path}.fsGroup`, context.fsGroup),
    ...accountId(`${path}.runAsUser`, context.runAsUser),
    ...accountId(`${path}.runAsGroup`, context.runAsGroup),
    ...(context.supplementalGroups ?? []).flatMap((id, i) => accountId(`${path}.supplementalGroups[${i}]`, id)),
    ...optionalOneOf(`${path}.fsGroupChangePolicy`, context.fsGroupChangePolicy, ['Always', 'OnRootMismatch']),
    ...optionalOneOf(`${path}.supplementalGroupsPolicy`, context.supplementalGroupsPolicy, ['Merge', 'Strict']),
    ...validateProfile(context.seccompProfile, 'seccomp', `${path}.seccompProfile`),
    ...validateProfile(context.appArmorProfile, 'AppArmor', `${path}.appArmorProfile`),
  ];
}

function validateSysctls(context: DeepReadonly<PodSecurityContext>, path: string): FieldError[] {
  const names = new Set<string>();
  return (context.sysctls ?? []).flatMap(({ name = '' }, i) => {
    const at = `${path}.sysctls[${i}].name`;
    if (name === '') return [required(at)];
    const errors: FieldError[] = [];
    if (name.length > 253 || !SYSCTL_NAME.test(name)) {
      const text =
        'must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$';
      errors.push(invalidValue(at, name, text));
    } else if (names.has(name)) {
      errors.push(duplicate(at, name));
    }
    names.add(name);
    return errors;
  });
}

import type { QualifiedResource } from '../errors.js';
import type {
  PersistentVolumeClaim,
  Pod,
  PodAffinityTerm,
  ResourceQuota,
  ScopedResourceSelectorRequirement,
} from '../generated/types.js';
import { qosClass } from '../kinds/pod-resources.js';
import type { DeepReadonly, KubernetesObject } from '../object.js';
import { quotaNamesOf } from './usage.js';

type Requirement = DeepReadonly<ScopedResourceSelectorRequirement>;

/** True when a quota counts something of the object: it has a name for it, and the object is in its scopes. */
export function quotaCovers(
  quota: DeepReadonly<ResourceQuota>,
  resource: QualifiedResource,
  object: DeepReadonly<KubernetesObject>,
): boolean {
  const names = Object.keys(quota.status?.hard ?? {});
  return quotaNamesOf(resource, names).length > 0 && inQuotaScopes(quota, resource, object);
}

/** True when the object is in every scope of the quota. */
export function inQuotaScopes(
  { spec }: DeepReadonly<ResourceQuota>,
  resource: QualifiedResource,
  object: DeepReadonly<KubernetesObject>,
): boolean {
  const requirements: Requirement[] = [
    ...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' })),
    ...(spec?.scopeSelector?.matchExpressions ?? []),
  ];
  if (resource.group === '' && resource.plural === 'pods') {
    return requirements.every((requirement) => podInScope(object as DeepReadonly<Pod>, requirement));
  }
  if (resource.group === '' && resource.plural === 'persistentvolumeclaims') {
    return requirements.every((requirement) =>
      claimInScope(object as DeepReadonly<PersistentVolumeClaim>, requirement),
    );
  }
  // Scopes are of pods and claims; whatever else is counted is in none.
  return requirements.length === 0;
}

function podInScope(pod: DeepReadonly<Pod>, requirement: Requirement): boolean {
  const deadline = pod.spec?.activeDeadlineSeconds;
  switch (requirement.scopeName) {
    case 'Terminating':
      return deadline !== undefined && deadline >= 0;
    case 'NotTerminating':
      return deadline === undefined || deadline < 0;
    case 'BestEffort':
      return qosClass(pod) === 'BestEffort';
    case 'NotBestEffort':
      return qosClass(pod) !== 'BestEffort';
    case 'PriorityClass':
      return matches(requirement, pod.spec?.priorityClassName ?? '');
    case 'CrossNamespacePodAffinity':
      return reachesOtherNamespaces(pod);
    default:
      return false;
  }
}

function claimInScope({ spec, status }: DeepReadonly<PersistentVolumeClaim>, requirement: Requirement): boolean {
  if (requirement.scopeName !== 'VolumeAttributesClass') return false;
  const wanted = spec?.volumeAttributesClassName;
  const current = status?.currentVolumeAttributesClassName;
  return [wanted, current].some((name) => name !== undefined && matches(requirement, name));
}

function matches({ operator, values = [] }: Requirement, value: string): boolean {
  switch (operator) {
    case 'In':
      return value !== '' && values.includes(value);
    case 'NotIn':
      return value === '' || !values.includes(value);
    case 'Exists':
      return value !== '';
    case 'DoesNotExist':
      return value === '';
    default:
      return false;
  }
}

function reachesOtherNamespaces({ spec }: DeepReadonly<Pod>): boolean {
  const { podAffinity, podAntiAffinity } = spec?.affinity ?? {};
  return [podAffinity, podAntiAffinity].some((affinity) => {
    const terms: readonly DeepReadonly<PodAffinityTerm>[] = [
      ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
        ({ podAffinityTerm }) => podAffinityTerm,
      ),
    ];
    return terms.some(({ namespaces, namespaceSelector }) => (namespaces ?? []).length > 0 || namespaceSelector);
  });
}

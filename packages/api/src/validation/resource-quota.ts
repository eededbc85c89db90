import type { FieldError } from '../errors.js';
import type { Quantity, ResourceQuota, ScopedResourceSelectorRequirement } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { invalidValue, required } from './field-error.js';
import { isHugePages, validateResourceName, validateResourceQuantity } from './pod/resources.js';

type Spec = NonNullable<DeepReadonly<ResourceQuota>['spec']>;
type Requirements = DeepReadonly<Partial<ScopedResourceSelectorRequirement>[]>;

/** What may be counted or summed by its plain name. */
const QUOTA_RESOURCES = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'persistentvolumeclaims',
  'configmaps',
  'services.nodeports',
  'services.loadbalancers',
]);

const SCOPES = new Set([
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
  'VolumeAttributesClass',
]);
/** Scopes that only ask whether something is so. */
const SCOPES_WITHOUT_VALUES = new Set([
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'CrossNamespacePodAffinity',
]);
const POD_SCOPES = new Set([...SCOPES_WITHOUT_VALUES, 'PriorityClass']);
const NOT_OF_SCOPE = 'unsupported scope applied to resource';
const OPPOSITES = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;

const POD_RESOURCES = new Set([
  'pods',
  'cpu',
  'memory',
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
]);

export function validateResourceQuota({ spec, status }: DeepReadonly<ResourceQuota>): FieldError[] {
  return [...validateSpec(spec ?? {}), ...validateStatus(status)];
}

function validateSpec(spec: Spec): FieldError[] {
  return [
    ...validateAmounts(spec.hard, 'spec.hard'),
    ...validateScopes(spec.scopes ?? [], Object.keys(spec.hard ?? {})),
    ...validateScopeSelector(spec.scopeSelector?.matchExpressions ?? [], spec),
  ];
}

function validateAmounts(list: Readonly<Record<string, Quantity>> | undefined, path: string): FieldError[] {
  return Object.entries(list ?? {}).flatMap(([name, quantity]) => [
    ...validateQuotaResourceName(name, `${path}[${name}]`),
    ...validateResourceQuantity(name, quantity, `${path}[${name}]`),
  ]);
}

function validateQuotaResourceName(name: string, path: string): FieldError[] {
  const errors = validateResourceName(name, path);
  return name.includes('/') || isStandardQuotaResource(name)
    ? errors
    : [...errors, invalidValue(path, name, 'must be a standard resource for quota')];
}

function isStandardQuotaResource(name: string): boolean {
  return QUOTA_RESOURCES.has(name) || isHugePages(name.replace(/^requests\./, ''));
}

function validateScopes(scopes: readonly string[], resources: readonly string[]): FieldError[] {
  const path = 'spec.scopes';
  const errors = scopes.flatMap((scope) => [
    ...(SCOPES.has(scope) ? [] : [invalidValue(path, scopes, 'unsupported scope')]),
    ...resourcesOutOf(scope, resources).map(() => invalidValue(path, scopes, NOT_OF_SCOPE)),
  ]);
  return [...errors, ...conflictingScopes(new Set(scopes), scopes, path)];
}

/** Of the resources with plain names, those that a scope does not select by. */
function resourcesOutOf(scope: string, resources: readonly string[]): string[] {
  return resources.filter((name) => isStandardQuotaResource(name) && !isOfScope(scope, name)).sort();
}

function isOfScope(scope: string, resource: string): boolean {
  if (scope === 'BestEffort') return resource === 'pods';
  if (scope === 'VolumeAttributesClass') return ['persistentvolumeclaims', 'requests.storage'].includes(resource);
  return POD_SCOPES.has(scope) ? POD_RESOURCES.has(resource) : true;
}

function conflictingScopes(found: ReadonlySet<string>, shown: unknown, path: string): FieldError[] {
  return OPPOSITES.filter((pair) => pair.every((scope) => found.has(scope))).map(() =>
    invalidValue(path, shown, 'conflicting scopes'),
  );
}

function validateScopeSelector(requirements: Requirements, spec: Spec): FieldError[] {
  const path = 'spec.scopeSelector.matchExpressions';
  const found = new Set<string>();
  // Kubernetes shows its inner type here, whose fields are capitalized.
  const shown = {
    MatchExpressions: requirements.map(({ scopeName = '', operator = '', values = null }) => ({
      ScopeName: scopeName,
      Operator: operator,
      Values: values,
    })),
  };
  const errors = requirements.flatMap((requirement) => {
    const scope = requirement.scopeName ?? '';
    found.add(scope);
    return [
      ...(SCOPES.has(scope) ? [] : [invalidValue(`${path}.scopeName`, scope, 'unsupported scope')]),
      ...resourcesOutOf(scope, Object.keys(spec.hard ?? {})).map(() => invalidValue(path, shown, NOT_OF_SCOPE)),
      ...validateRequirement(requirement, scope, path),
    ];
  });
  return [...errors, ...conflictingScopes(found, spec.scopes, path)];
}

function validateRequirement(
  { operator = '', values = [] }: Requirements[number],
  scope: string,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (SCOPES_WITHOUT_VALUES.has(scope) && operator !== 'Exists') {
    const text =
      "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
    errors.push(invalidValue(`${path}.operator`, operator, text));
  }
  if (operator === 'In' || operator === 'NotIn') {
    const text = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
    return values.length > 0 ? errors : [...errors, required(`${path}.values`, text)];
  }
  if (operator === 'Exists' || operator === 'DoesNotExist') {
    const text = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
    return values.length === 0 ? errors : [...errors, invalidValue(`${path}.values`, values, text)];
  }
  return [...errors, invalidValue(`${path}.operator`, operator, 'not a valid selector operator')];
}

export function validateResourceQuotaUpdate(
  quota: DeepReadonly<ResourceQuota>,
  old: DeepReadonly<ResourceQuota>,
): FieldError[] {
  const scopes = quota.spec?.scopes;
  const sorted = (list: readonly string[] | undefined) => [...new Set(list)].sort().join();
  return sorted(scopes) === sorted(old.spec?.scopes) ? [] : [invalidValue('spec.scopes', scopes, 'field is immutable')];
}

function validateStatus(status: DeepReadonly<ResourceQuota>['status']): FieldError[] {
  return [...validateAmounts(status?.hard, 'status.hard'), ...validateAmounts(status?.used, 'status.used')];
}

export function validateResourceQuotaStatusUpdate({ status }: DeepReadonly<ResourceQuota>): FieldError[] {
  return validateStatus(status);
}

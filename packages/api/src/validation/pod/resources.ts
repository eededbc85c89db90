import type { FieldError } from '../../errors.js';
import type { Quantity, ResourceRequirements } from '../../generated/types.js';
import type { DeepReadonly } from '../../object.js';
import { type ParsedQuantity, parseQuantity, QuantityError } from '../../quantity/quantity.js';
import { forbidden, invalidEach, invalidValue, required } from '../field-error.js';
import { checkQualifiedName } from '../names.js';

const CONTAINER_RESOURCES = new Set(['cpu', 'memory', 'ephemeral-storage']);
/** Known to Kubernetes, though not all of them in a container. */
const STANDARD_RESOURCES = new Set([
  ...CONTAINER_RESOURCES,
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'storage',
  'requests.storage',
  'services.nodeports',
  'services.loadbalancers',
]);
/** What is counted, and never in parts. */
const COUNTED_RESOURCES = new Set([
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]);
const ONE_UNIT = 1_000_000_000n;

export function isHugePages(name: string): boolean {
  return name.startsWith('hugepages-');
}

/** Only what the machine can hand out more of than it has: cpu, memory, ephemeral storage. */
export function isOvercommitAllowed(name: string): boolean {
  return isNative(name) && !isHugePages(name);
}

function isNative(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

export function validateResourceRequirements(
  resources: DeepReadonly<ResourceRequirements> | undefined,
  path: string,
): FieldError[] {
  const { limits = {}, requests = {} } = resources ?? {};
  const errors = [
    ...validateResourceList(limits, `${path}.limits`, validateContainerResourceName),
    ...validateResourceList(requests, `${path}.requests`, validateContainerResourceName),
    ...Object.keys(requests).flatMap((name) => validateAgainstLimit(name, requests, limits, path)),
  ];
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(isHugePages) && !names.includes('cpu') && !names.includes('memory')) {
    errors.push(forbidden(path, 'HugePages require cpu or memory'));
  }
  return errors;
}

/** A map from resource to quantity; keys are shown as `limits[cpu]`. */
export function validateResourceList(
  list: Readonly<Record<string, Quantity>>,
  path: string,
  validateName: (name: string, path: string) => FieldError[],
): FieldError[] {
  return Object.entries(list).flatMap(([name, quantity]) => [
    ...validateName(name, `${path}[${name}]`),
    ...validateResourceQuantity(name, quantity, `${path}[${name}]`),
  ]);
}

export function validateResourceQuantity(name: string, quantity: Quantity, path: string): FieldError[] {
  return validateQuantity(quantity, path, ({ nano }) => {
    if (nano < 0n) return [invalidValue(path, quantity, 'must be greater than or equal to 0')];
    const isCounted = COUNTED_RESOURCES.has(name) || (!isNative(name) && isExtendedResource(name));
    return isCounted && nano % ONE_UNIT !== 0n ? [invalidValue(path, quantity, 'must be an integer')] : [];
  });
}

/** Applies a rule to a quantity, or tells why the text is none. */
export function validateQuantity(
  quantity: Quantity,
  path: string,
  rule: (parsed: ParsedQuantity) => FieldError[],
): FieldError[] {
  try {
    return rule(parseQuantity(quantity));
  } catch (error) {
    if (error instanceof QuantityError) return [invalidValue(path, quantity, error.message)];
    throw error;
  }
}

function validateAgainstLimit(
  name: string,
  requests: Readonly<Record<string, Quantity>>,
  limits: Readonly<Record<string, Quantity>>,
  path: string,
): FieldError[] {
  const request = requests[name] ?? '0';
  const limit = limits[name];
  if (limit === undefined) {
    const text = 'Limit must be set for non overcommitable resources';
    return isOvercommitAllowed(name) ? [] : [required(`${path}.limits`, text)];
  }
  return validateQuantity(request, `${path}.requests`, (requested) => {
    const limited = parsedOrUndefined(limit);
    if (limited === undefined || requested.nano === limited.nano) return [];
    if (!isOvercommitAllowed(name)) {
      return [invalidValue(`${path}.requests`, request, `must be equal to ${name} limit of ${limit}`)];
    }
    return requested.nano > limited.nano
      ? [invalidValue(`${path}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`)]
      : [];
  });
}

function parsedOrUndefined(quantity: Quantity): ParsedQuantity | undefined {
  try {
    return parseQuantity(quantity);
  } catch {
    // It has been reported as a limit.
    return undefined;
  }
}

export function validateResourceName(name: string, path: string): FieldError[] {
  const errors = invalidEach(path, name, checkQualifiedName(name));
  if (
    errors.length === 0 &&
    !name.includes('/') &&
    !STANDARD_RESOURCES.has(name) &&
    !isHugePages(name.replace(/^requests\./, ''))
  ) {
    errors.push(invalidValue(path, name, 'must be a standard resource type or fully qualified'));
  }
  return errors;
}

export function validateContainerResourceName(name: string, path: string): FieldError[] {
  const errors = validateResourceName(name, path);
  if (!name.includes('/')) {
    if (!CONTAINER_RESOURCES.has(name) && !isHugePages(name)) {
      errors.push(invalidValue(path, name, 'must be a standard resource for containers'));
    }
  } else if (!isNative(name) && !isExtendedResource(name)) {
    errors.push(invalidValue(path, name, "doesn't follow extended resource name standard"));
  }
  return errors;
}

function isExtendedResource(name: string): boolean {
  return !name.startsWith('requests.') && checkQualifiedName(`requests.${name}`).length === 0;
}

import type { FieldError } from '../errors.js';
import type { LimitRange, LimitRangeItem, Quantity } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { canonicalQuantity, compareQuantities, parseQuantity, quantityMilliValue } from '../quantity/quantity.js';
import { duplicate, forbidden, invalidEach, invalidValue, required } from './field-error.js';
import { checkQualifiedName } from './names.js';
import {
  isOvercommitAllowed,
  validateContainerResourceName,
  validateQuantity,
  validateResourceName,
} from './pod/resources.js';

const TYPES = ['Pod', 'Container', 'PersistentVolumeClaim'];
const LISTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;
type List = (typeof LISTS)[number];
type Item = DeepReadonly<Partial<LimitRangeItem>>;

export function validateLimitRange({ spec }: DeepReadonly<Partial<LimitRange>>): FieldError[] {
  const types = new Set<string>();
  return (spec?.limits ?? []).flatMap((item: Item, i) => {
    const path = `spec.limits[${i}]`;
    const type = item.type ?? '';
    const errors = validateType(type, `${path}.type`);
    if (types.has(type)) errors.push(duplicate(`${path}.type`, type));
    types.add(type);
    return [...errors, ...validateItem(item, type, path)];
  });
}

function validateType(type: string, path: string): FieldError[] {
  const errors = invalidEach(path, type, checkQualifiedName(type));
  if (errors.length > 0 || type.includes('/') || TYPES.includes(type)) return errors;
  return [invalidValue(path, type, 'must be a standard limit type or fully qualified')];
}

function validateItem(item: Item, type: string, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const isOfContainers = type === 'Pod' || type === 'Container';
  for (const list of LISTS) {
    const isDefault = list === 'default' || list === 'defaultRequest';
    if (type === 'Pod' && isDefault) {
      if (Object.keys(item[list] ?? {}).length > 0) {
        errors.push(forbidden(`${path}.${list}`, "may not be specified when `type` is 'Pod'"));
      }
      continue;
    }
    if (list === 'maxLimitRequestRatio') errors.push(...validateClaimLimits(item, type, path));
    for (const [name, quantity] of Object.entries(item[list] ?? {})) {
      const at = `${path}.${list}[${name}]`;
      errors.push(...(isOfContainers ? validateContainerResourceName : validateResourceName)(name, at));
      errors.push(...validateQuantity(quantity, at, () => []));
    }
  }
  // What is no quantity cannot be compared.
  if (errors.some(({ message }) => message.includes('quantit'))) return errors;
  return [...errors, ...resourcesOf(item, type).flatMap((name) => validateResource(item, type, name, path))];
}

function validateClaimLimits({ min = {}, max = {} }: Item, type: string, path: string): FieldError[] {
  if (type !== 'PersistentVolumeClaim' || min.storage !== undefined || max.storage !== undefined) return [];
  const text = 'either minimum or maximum storage value is required, but neither was provided';
  return [required(`${path}.limits`, text)];
}

function listsOf(type: string): readonly List[] {
  return type === 'Pod' ? ['max', 'min', 'maxLimitRequestRatio'] : LISTS;
}

function resourcesOf(item: Item, type: string): string[] {
  return [...new Set(listsOf(type).flatMap((list) => Object.keys(item[list] ?? {})))];
}

/** How the amounts of one resource must stand to each other: min ≤ defaultRequest ≤ default ≤ max. */
function validateResource(item: Item, type: string, name: string, path: string): FieldError[] {
  const amounts: Partial<Record<List, Quantity>> = {};
  for (const list of listsOf(type)) {
    const quantity = item[list]?.[name];
    if (quantity !== undefined) amounts[list] = canonicalQuantity(quantity);
  }
  const { min, max, default: limit, defaultRequest: request } = amounts;
  const errors: FieldError[] = [];
  const refuse = (list: List, shown: Quantity, text: string) => {
    errors.push(invalidValue(`${path}.${list}[${name}]`, shown, text));
  };
  if (isAbove(min, max)) refuse('min', min, `min value ${min} is greater than max value ${max}`);
  if (isAbove(min, request) && request) {
    refuse('defaultRequest', request, `min value ${min} is greater than default request value ${request}`);
  }
  if (isAbove(request, max)) {
    refuse('defaultRequest', request, `default request value ${request} is greater than max value ${max}`);
  }
  if (isAbove(request, limit)) {
    refuse('defaultRequest', request, `default request value ${request} is greater than default limit value ${limit}`);
  }
  if (isAbove(min, limit)) refuse('default', min, `min value ${min} is greater than default value ${limit}`);
  if (isAbove(limit, max) && max) refuse('default', max, `default value ${limit} is greater than max value ${max}`);
  const ratioProblems =
    amounts.maxLimitRequestRatio === undefined ? [] : ratioTexts(amounts, amounts.maxLimitRequestRatio);
  for (const text of ratioProblems) refuse('maxLimitRequestRatio', amounts.maxLimitRequestRatio ?? '', text);
  if (!isOvercommitAllowed(name) && limit && request && compareQuantities(limit, request) !== 0) {
    refuse(
      'defaultRequest',
      request,
      `default value ${limit} must equal to defaultRequest value ${request} in ${name}`,
    );
  }
  return errors;
}

function isAbove(a: Quantity | undefined, b: Quantity | undefined): a is Quantity {
  return a !== undefined && b !== undefined && compareQuantities(a, b) > 0;
}

function ratioTexts({ min, max }: Partial<Record<List, Quantity>>, ratio: Quantity): string[] {
  const texts = parseQuantity(ratio).nano < 1_000_000_000n ? [`ratio ${ratio} is less than 1`] : [];
  if (min === undefined || max === undefined) return texts;
  const limit = quantityMilliValue(max) / quantityMilliValue(min);
  if (quantityMilliValue(ratio) / 1000 > limit) {
    texts.push(`ratio ${ratio} is greater than max/min = ${limit.toFixed(6)}`);
  }
  return texts;
}

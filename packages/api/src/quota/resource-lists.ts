import type { Quantity } from '../generated/types.js';
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  subtractQuantities,
} from '../quantity/quantity.js';

/** Amounts by the name of what they are of. */
export type ResourceList = Readonly<Record<string, Quantity>>;

export function addLists(left: ResourceList, right: ResourceList): Record<string, Quantity> {
  const sum: Record<string, Quantity> = { ...left };
  for (const [name, quantity] of Object.entries(right)) {
    sum[name] = Object.hasOwn(left, name) ? addQuantities(left[name] ?? '0', quantity) : quantity;
  }
  return sum;
}

/** What is subtracted and not there counts as 0; nothing falls below 0. */
export function subtractLists(left: ResourceList, right: ResourceList): Record<string, Quantity> {
  const rest: Record<string, Quantity> = { ...left };
  for (const [name, quantity] of Object.entries(right)) {
    const difference = subtractQuantities(left[name] ?? '0', quantity);
    rest[name] = parseQuantity(difference).nano < 0n ? '0' : difference;
  }
  return rest;
}

/** Only what is named. */
export function maskList(list: ResourceList, names: readonly string[]): Record<string, Quantity> {
  const kept = new Set(names);
  return Object.fromEntries(Object.entries(list).filter(([name]) => kept.has(name)));
}

export function withoutZeros(list: ResourceList): Record<string, Quantity> {
  return Object.fromEntries(Object.entries(list).filter(([, quantity]) => parseQuantity(quantity).nano !== 0n));
}

/** The names of which there is more than the limits allow; what has no limit is not limited. */
export function exceeding(list: ResourceList, limits: ResourceList): string[] {
  return Object.keys(list).filter((name) => {
    const limit = Object.hasOwn(limits, name) ? limits[name] : undefined;
    return limit !== undefined && compareQuantities(list[name] ?? '0', limit) > 0;
  });
}

export function sameLists(left: ResourceList, right: ResourceList): boolean {
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && compareQuantities(left[name] ?? '0', right[name] ?? '0') === 0)
  );
}

/** `cpu=1,pods=2`, sorted. */
export function listText(list: ResourceList): string {
  return Object.keys(list)
    .sort()
    .map((name) => `${name}=${formatQuantity(parseQuantity(list[name] ?? '0'))}`)
    .join(',');
}

import type { Quantity } from '../generated/types.js';
import { formatQuantity, parseQuantity, QuantityError, roundUpToMilli } from '../quantity/quantity.js';

/** Amounts as Kubernetes returns them, to a thousandth. */
export function canonicalizeList(list: Record<string, Quantity> | undefined): void {
  for (const [name, quantity] of Object.entries(list ?? {})) {
    if (list) list[name] = canonicalOrSame(quantity);
  }
}

/** What is no quantity stays as it is: validation reports it. */
export function canonicalOrSame(quantity: Quantity): Quantity {
  try {
    return formatQuantity(roundUpToMilli(parseQuantity(quantity)));
  } catch (error) {
    if (error instanceof QuantityError) return quantity;
    throw error;
  }
}

import { type LabelSelectorLike, selectorFromObject } from '../labels/selector.js';

/** A selector for a Scale: as a query takes it; empty when it cannot be read (a stored object is always right). */
export function serializeSelector(selector: LabelSelectorLike | undefined): string {
  return selectorFromObject(selector).toString();
}

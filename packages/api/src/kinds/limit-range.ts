import type { LimitRange, LimitRangeItem, Quantity } from '../generated/types.js';
import { createdAtColumn, nameColumn } from '../printers/columns.js';
import type { ResourceStrategy, ResourceType } from '../resource.js';
import { validateLimitRange } from '../validation/limit-range.js';
import { canonicalizeList } from './canonical-amounts.js';

const limitRangeStrategy: ResourceStrategy<LimitRange> = {
  tracksGeneration: false,
  allowCreateOnUpdate: true,
  setDefaults({ spec }) {
    for (const item of spec?.limits ?? []) {
      if (item.type === 'Container') setContainerDefaults(item);
      for (const list of [item.max, item.min, item.default, item.defaultRequest, item.maxLimitRequestRatio]) {
        canonicalizeList(list);
      }
    }
  },
  validate: validateLimitRange,
};

/** What is not said follows from what is: the limit from max, the request from the limit, or else from min. */
function setContainerDefaults(item: LimitRangeItem): void {
  item.default = fillIn(item.default, item.max);
  item.defaultRequest = fillIn(fillIn(item.defaultRequest, item.default), item.min);
}

function fillIn(list: Record<string, Quantity> | undefined, from: Record<string, Quantity> | undefined) {
  return { ...from, ...list };
}

export const limitRanges: ResourceType<LimitRange> = {
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  singular: 'limitrange',
  shortNames: ['limits'],
  categories: [],
  namespaced: true,
  definition: 'LimitRange',
  subresources: [],
  columns: [nameColumn<LimitRange>(), createdAtColumn<LimitRange>()],
  selectableFields: {},
  strategy: limitRangeStrategy,
};

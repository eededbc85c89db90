import type { ResourceQuota } from '../generated/types.js';
import { ageColumn, column, nameColumn } from '../printers/columns.js';
import type { ResourceStrategy, ResourceType } from '../resource.js';
import {
  validateResourceQuota,
  validateResourceQuotaStatusUpdate,
  validateResourceQuotaUpdate,
} from '../validation/resource-quota.js';
import { canonicalizeList } from './canonical-amounts.js';

const resourceQuotaStrategy: ResourceStrategy<ResourceQuota> = {
  returnsDeletedObject: true,
  tracksGeneration: false,
  setDefaults({ spec, status }) {
    for (const list of [spec?.hard, status?.hard, status?.used]) canonicalizeList(list);
  },
  prepareForCreate(quota) {
    quota.status = {};
  },
  prepareForUpdate(quota, old) {
    quota.status = old.status;
  },
  validate: validateResourceQuota,
  validateUpdate: validateResourceQuotaUpdate,
  validateStatusUpdate: validateResourceQuotaStatusUpdate,
};

/** `pods: 1/10, requests.cpu: 100m/1`: what is used, of how much. Limits stand apart. */
function usageText({ status }: ResourceQuota, ofLimits: boolean): string {
  return Object.entries(status?.hard ?? {})
    .filter(([name]) => name.startsWith('limits.') === ofLimits)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, hard]) => `${name}: ${status?.used?.[name] ?? '0'}/${hard}`)
    .join(', ');
}

export const resourceQuotas: ResourceType<ResourceQuota> = {
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  singular: 'resourcequota',
  shortNames: ['quota'],
  categories: [],
  namespaced: true,
  definition: 'ResourceQuota',
  subresources: [{ name: 'status', kind: 'ResourceQuota', verbs: ['get', 'patch', 'update'] }],
  columns: [
    nameColumn<ResourceQuota>(),
    column('Request', 'string', 'What is counted or requested, used of allowed.', (quota) => usageText(quota, false)),
    column('Limit', 'string', 'The sums of limits, used of allowed.', (quota) => usageText(quota, true)),
    ageColumn<ResourceQuota>(),
  ],
  selectableFields: {},
  strategy: resourceQuotaStrategy,
};

import type { ServiceAccount } from '../generated/types.js';
import type { ResourceType } from '../resource.js';

export const serviceAccounts: ResourceType<ServiceAccount> = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  singular: 'serviceaccount',
  shortNames: ['sa'],
  categories: [],
  namespaced: true,
  definition: 'ServiceAccount',
  subresources: [],
  columns: [],
  selectableFields: {},
  strategy: {},
};

import type { ServiceAccount } from '../generated/types.js';
import { ageColumn, column, nameColumn } from '../printers/columns.js';
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
  subresources: [
    { name: 'token', kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] },
  ],
  columns: [
    nameColumn<ServiceAccount>(),
    column('Secrets', 'string', 'How many secrets its pods may mount.', ({ secrets = [] }) => secrets.length),
    ageColumn<ServiceAccount>(),
  ],
  selectableFields: {},
  strategy: { returnsDeletedObject: true, tracksGeneration: false },
};

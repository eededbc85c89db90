import type { IPAddress } from '../generated/types.js';
import { column, nameColumn } from '../printers/columns.js';
import type { ResourceType } from '../resource.js';
import { validateIpAddress, validateIpAddressUpdate } from '../validation/ip-address.js';

/** `services/default/kubernetes`. */
function parentText({ spec }: IPAddress): string {
  const parent = spec?.parentRef;
  if (parent === undefined) return '<none>';
  const { group, resource, namespace, name } = parent;
  const qualified = (group ? `${resource}.${group}` : resource).toLowerCase();
  return [qualified, namespace, name].filter(Boolean).join('/');
}

export const ipAddresses: ResourceType<IPAddress> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  singular: 'ipaddress',
  shortNames: ['ip'],
  categories: [],
  namespaced: false,
  definition: 'IPAddress',
  subresources: [],
  columns: [nameColumn<IPAddress>(), column('ParentRef', 'string', 'The object that has the address.', parentText)],
  selectableFields: {},
  strategy: {
    tracksGeneration: false,
    nameRule: 'ipAddress',
    validate: validateIpAddress,
    validateUpdate: validateIpAddressUpdate,
  },
};

import type { EndpointSlice } from '../generated/types.js';
import { ageColumn, column, nameColumn } from '../printers/columns.js';
import type { ResourceType } from '../resource.js';
import { validateEndpointSlice, validateEndpointSliceUpdate } from '../validation/endpoints.js';
import { firstFew } from './endpoints.js';

export const endpointSlices: ResourceType<EndpointSlice> = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  singular: 'endpointslice',
  shortNames: [],
  categories: [],
  namespaced: true,
  definition: 'EndpointSlice',
  subresources: [],
  columns: [
    nameColumn<EndpointSlice>(),
    column('AddressType', 'string', 'What the addresses are.', ({ addressType }) => addressType),
    column('Ports', 'string', 'The ports of every endpoint.', ({ ports = [] }) =>
      ports.length === 0 ? '<unset>' : firstFew(ports.map(({ port }) => (port === undefined ? '*' : String(port)))),
    ),
    column('Endpoints', 'string', 'The addresses of the endpoints.', ({ endpoints }) => {
      const addresses = (endpoints ?? []).flatMap((endpoint) => endpoint.addresses);
      return addresses.length === 0 ? '<unset>' : firstFew(addresses);
    }),
    ageColumn<EndpointSlice>(),
  ],
  selectableFields: {},
  strategy: {
    tracksGeneration: true,
    setDefaults(slice) {
      for (const port of slice.ports ?? []) {
        port.name ??= '';
        port.protocol ||= 'TCP';
      }
    },
    // It is what v1beta1 had in the place of nodeName and zone.
    prepareForCreate(slice) {
      for (const endpoint of slice.endpoints ?? []) delete endpoint.deprecatedTopology;
    },
    validate: validateEndpointSlice,
    validateUpdate: validateEndpointSliceUpdate,
  },
};

import type { EndpointSlice } from '../generated/types.js';
import type { ResourceType } from '../resource.js';

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
  columns: [],
  selectableFields: {},
  strategy: {},
};

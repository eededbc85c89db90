import type { Event } from '../generated/types.js';
import type { ResourceType } from '../resource.js';

export const events: ResourceType<Event> = {
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  shortNames: ['ev'],
  categories: [],
  namespaced: true,
  definition: 'Event',
  subresources: [],
  columns: [],
  selectableFields: {},
  strategy: {},
};

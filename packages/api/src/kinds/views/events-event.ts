import type { Event, EventsEvent } from '../../generated/types.js';
import type { KubernetesObject } from '../../object.js';
import type { ResourceType } from '../../resource.js';
import { validateEventCreate, validateEventUpdate } from '../../validation/event.js';
import { events } from '../event.js';
import { viewOf } from './view-of.js';

/** Fields that have another name: here, and as they are stored. */
const RENAMED = {
  note: 'message',
  regarding: 'involvedObject',
  reportingController: 'reportingComponent',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
} as const;

const STORED_NAME: ReadonlyMap<string, string> = new Map(Object.entries(RENAMED));
const NAME_HERE: ReadonlyMap<string, string> = new Map(Object.entries(RENAMED).map(([here, stored]) => [stored, here]));

function renamed(object: object, names: ReadonlyMap<string, string>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([field, value]) => [names.get(field) ?? field, value]));
}

function toStored(object: EventsEvent): Event {
  return { involvedObject: {}, ...renamed(object, STORED_NAME) } as Event;
}

const view = viewOf<Event, EventsEvent>(events, {
  group: 'events.k8s.io',
  version: 'v1',
  definition: 'EventsEvent',
  fromStored: (object: KubernetesObject) => renamed(object, NAME_HERE) as unknown as EventsEvent,
  toStored,
});

const PARTS = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const;

/** The same objects as the core group's events (KEP-383), with names that say more, and stricter rules. */
export const eventsEvents: ResourceType<EventsEvent> = {
  ...view,
  selectableFields: {
    ...Object.fromEntries(
      PARTS.map((part) => [`regarding.${part}`, ({ regarding }: EventsEvent) => regarding?.[part] ?? '']),
    ),
    reason: ({ reason }) => reason ?? '',
    reportingController: ({ reportingController }) => reportingController ?? '',
    type: ({ type }) => type ?? '',
  },
  strategy: {
    ...view.strategy,
    validateCreate: (event) => validateEventCreate(toStored(event)),
    validateUpdate: (event, old) => validateEventUpdate(toStored(event), toStored(old)),
  },
};

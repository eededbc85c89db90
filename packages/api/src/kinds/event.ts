import type { Event } from '../generated/types.js';
import { column, nameColumn, wideColumn } from '../printers/columns.js';
import { ageOf } from '../printers/duration.js';
import type { PrinterColumn, ResourceStrategy, ResourceType } from '../resource.js';
import { validateEvent } from '../validation/event.js';

const TIME_TO_LIVE_SECONDS = 3600;

const eventStrategy: ResourceStrategy<Event> = {
  tracksGeneration: false,
  allowCreateOnUpdate: true,
  timeToLiveSeconds: TIME_TO_LIVE_SECONDS,
  validate: validateEvent,
};

const eventColumns: readonly PrinterColumn<Event>[] = [
  column('Last Seen', 'string', 'The time since the event last happened.', lastSeen),
  column('Type', 'string', 'Normal or Warning.', ({ type }) => type ?? ''),
  column('Reason', 'string', 'Why it happened, in one word.', ({ reason }) => reason ?? ''),
  column('Object', 'string', 'The object that the event is about.', ({ involvedObject }) => {
    const kind = (involvedObject.kind ?? '').toLowerCase();
    return involvedObject.name ? `${kind}/${involvedObject.name}` : kind;
  }),
  wideColumn('Subobject', 'The part of the object.', ({ involvedObject }) => involvedObject.fieldPath ?? ''),
  wideColumn('Source', 'Who reports the event.', sourceOf),
  column('Message', 'string', 'What happened.', ({ message }) => (message ?? '').trim()),
  wideColumn('First Seen', 'The time since the event first happened.', firstSeen),
  wideColumn('Count', 'How often it happened.', ({ series, count }) => series?.count ?? (count || 1)),
  { ...nameColumn<Event>(), priority: 1 },
];

function firstSeen({ firstTimestamp, eventTime }: Event, nowMs: number): string {
  return ageOf(firstTimestamp ?? eventTime, nowMs);
}

function lastSeen(event: Event, nowMs: number): string {
  if (event.series !== undefined) return ageOf(event.series.lastObservedTime, nowMs);
  return event.lastTimestamp === undefined ? firstSeen(event, nowMs) : ageOf(event.lastTimestamp, nowMs);
}

function sourceOf({ source = {}, reportingComponent, reportingInstance }: Event): string {
  const component = source.component || reportingComponent || '';
  const host = source.host || (source.component ? '' : (reportingInstance ?? ''));
  return [component, host].filter((text) => text !== '').join(', ');
}

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
  columns: eventColumns,
  selectableFields: {
    'involvedObject.kind': ({ involvedObject }) => involvedObject.kind ?? '',
    'involvedObject.namespace': ({ involvedObject }) => involvedObject.namespace ?? '',
    'involvedObject.name': ({ involvedObject }) => involvedObject.name ?? '',
    'involvedObject.uid': ({ involvedObject }) => involvedObject.uid ?? '',
    'involvedObject.apiVersion': ({ involvedObject }) => involvedObject.apiVersion ?? '',
    'involvedObject.resourceVersion': ({ involvedObject }) => involvedObject.resourceVersion ?? '',
    'involvedObject.fieldPath': ({ involvedObject }) => involvedObject.fieldPath ?? '',
    reason: ({ reason }) => reason ?? '',
    reportingComponent: ({ reportingComponent }) => reportingComponent ?? '',
    source: ({ source, reportingComponent }) => source?.component || reportingComponent || '',
    type: ({ type }) => type ?? '',
  },
  strategy: eventStrategy,
};

import type { FieldError } from '../errors.js';
import type { Event } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { invalidEach, invalidValue, required } from './field-error.js';
import { checkDnsSubdomain, checkQualifiedName } from './names.js';
import { immutableField, requiredText } from './values.js';

type ReadonlyEvent = DeepReadonly<Event>;

const MAX_REPORTER_BYTES = 128;
const MAX_NOTE_BYTES = 1024;

/** What every event must be, whichever API it comes by. Fields are named as Kubernetes names them within. */
export function validateEvent(event: ReadonlyEvent): FieldError[] {
  const namespace = event.metadata?.namespace ?? '';
  const errors = event.eventTime ? validateNewEvent(event) : validateOldEvent(event);
  return [...errors, ...invalidEach('namespace', namespace, checkDnsSubdomain(namespace))];
}

/** An event lives where the object that it is about does; one about a cluster-scoped object, in `default`. */
function validateOldEvent(event: ReadonlyEvent): FieldError[] {
  const namespace = event.metadata?.namespace ?? '';
  const involved = event.involvedObject?.namespace ?? '';
  const fits = involved === '' ? namespace === '' || namespace === 'default' : involved === namespace;
  return fits ? [] : [invalidValue('involvedObject.namespace', involved, 'does not match event.namespace')];
}

/** An event with a time of its own must say who reports what. */
function validateNewEvent(event: ReadonlyEvent): FieldError[] {
  const namespace = event.metadata?.namespace ?? '';
  const involved = event.involvedObject?.namespace ?? '';
  const { reportingComponent: controller = '', reportingInstance = '', action = '', reason = '', message = '' } = event;
  const errors: FieldError[] = [];
  if (involved === '' && namespace !== 'default' && namespace !== 'kube-system') {
    errors.push(invalidValue('involvedObject.namespace', involved, 'does not match event.namespace'));
  }
  errors.push(
    ...requiredText('reportingController', controller),
    ...invalidEach('reportingController', controller, checkQualifiedName(controller)),
  );
  for (const [field, value] of Object.entries({ reportingInstance, action, reason })) {
    errors.push(...requiredText(field, value), ...atMost(field, value, MAX_REPORTER_BYTES));
  }
  return [...errors, ...atMost('message', message, MAX_NOTE_BYTES)];
}

function atMost(field: string, value: string, maxBytes: number): FieldError[] {
  const isLonger = Buffer.byteLength(value) > maxBytes;
  return isLonger ? [invalidValue(field, '', `can have at most ${maxBytes} characters`)] : [];
}

/** What a new event of events.k8s.io/v1 must be beyond that: of the new kind, and without what only old ones have. */
export function validateEventCreate(event: ReadonlyEvent): FieldError[] {
  const { type = '', source = {}, count = 0 } = event;
  const errors = validateSeries(event);
  if (!event.eventTime) errors.push(required('eventTime'));
  if (type !== 'Normal' && type !== 'Warning') errors.push(invalidValue('type', '', `has invalid value: ${type}`));
  const old = {
    firstTimestamp: Boolean(event.firstTimestamp),
    lastTimestamp: Boolean(event.lastTimestamp),
    count: count !== 0,
    source: Boolean(source.component) || Boolean(source.host),
  };
  for (const [field, isSet] of Object.entries(old)) {
    if (isSet) errors.push(invalidValue(field, '', 'needs to be unset'));
  }
  return errors;
}

/** Only its series and metadata may change. */
const IMMUTABLE = [
  ['involvedObject', 'involvedObject'],
  ['reason', 'reason'],
  ['message', 'message'],
  ['source', 'source'],
  ['firstTimestamp', 'firstTimestamp'],
  ['lastTimestamp', 'lastTimestamp'],
  ['count', 'count'],
  ['type', 'type'],
  ['eventTime', 'eventTime'],
  ['action', 'action'],
  ['related', 'related'],
  ['reportingController', 'reportingComponent'],
  ['reportingInstance', 'reportingInstance'],
] as const;

export function validateEventUpdate(event: ReadonlyEvent, old: ReadonlyEvent): FieldError[] {
  const changesSeries = JSON.stringify(event.series) !== JSON.stringify(old.series);
  return [
    ...(changesSeries ? validateSeries(event) : []),
    ...IMMUTABLE.flatMap(([shown, field]) => immutableField(shown, event[field], old[field])),
  ];
}

function validateSeries({ series }: ReadonlyEvent): FieldError[] {
  if (series === undefined) return [];
  return [
    ...((series.count ?? 0) < 2 ? [invalidValue('series.count', '', 'should be at least 2')] : []),
    ...requiredText('series.lastObservedTime', series.lastObservedTime),
  ];
}

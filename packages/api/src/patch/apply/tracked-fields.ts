import { type ApplyType, applyTypeOf, type StructField, type StructType } from './apply-type.js';
import { difference, type FieldSet, isMember, LEAF, recursiveDifference, restrict } from './field-set.js';
import { fieldElement } from './path-element.js';

/** Fields of metadata that the system sets or that say which object it is; nobody owns them. */
const SYSTEM_METADATA = [
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'generation',
  'managedFields',
  'resourceVersion',
];

const SYSTEM_FIELDS: FieldSet = {
  'f:apiVersion': LEAF,
  'f:kind': LEAF,
  'f:metadata': { '.': LEAF, ...Object.fromEntries(SYSTEM_METADATA.map((name) => [`f:${name}`, LEAF])) },
};

/** Which fields a write can come to own. */
export interface TrackedFields {
  /** Reset by the resource's strategy, so that the write does not change them, whatever it says. */
  readonly ignored?: FieldSet | undefined;
  /** Where set, only what is at or below one of these; `*` stands for any element. */
  readonly only?: readonly (readonly string[])[] | undefined;
}

/** What of a set a write may own. */
export function trackedPart(set: FieldSet | undefined, tracked: TrackedFields): FieldSet | undefined {
  return difference(allowedPart(set, tracked), SYSTEM_FIELDS);
}

/** As {@link trackedPart}, of a set without fields that nobody owns. */
export function allowedPart(set: FieldSet | undefined, { ignored, only }: TrackedFields): FieldSet | undefined {
  const allowed = recursiveDifference(set, ignored);
  return only === undefined ? allowed : restrict(allowed, only);
}

const trackedTypes = new WeakMap<TrackedFields, Map<string, StructType>>();

/**
 * The type of a definition without the fields that nobody owns, nor those at
 * the top that the write may not own, so that comparing need not look at them.
 */
export function trackedTypeOf(definition: string, tracked: TrackedFields): StructType {
  let types = trackedTypes.get(tracked);
  if (types === undefined) {
    types = new Map();
    trackedTypes.set(tracked, types);
  }
  let type = types.get(definition);
  if (type === undefined) {
    type = withoutUntracked(definition, tracked);
    types.set(definition, type);
  }
  return type;
}

function withoutUntracked(definition: string, { ignored }: TrackedFields): StructType {
  const fields = new Map(applyTypeOf(definition).fields);
  fields.delete('apiVersion');
  fields.delete('kind');
  for (const name of [...fields.keys()]) {
    const node = ignored?.[fieldElement(name)];
    if (node !== undefined && isMember(node)) fields.delete(name);
  }
  const metadata = fields.get('metadata');
  if (metadata !== undefined) fields.set('metadata', { ...metadata, type: trackedMetadata(metadata) });
  return { shape: 'struct', isAtomic: false, fields };
}

function trackedMetadata({ type }: StructField): ApplyType {
  if (type.shape !== 'struct') return type;
  const fields = new Map(type.fields);
  for (const name of SYSTEM_METADATA) fields.delete(name);
  return { shape: 'struct', isAtomic: false, fields };
}

import { type ApplyType, applyTypeOf, type StructField, type StructType } from './apply-type.js';
import { difference, type FieldSet, LEAF, recursiveDifference, restrict } from './field-set.js';

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
export function trackedPart(set: FieldSet | undefined, { ignored, only }: TrackedFields): FieldSet | undefined {
  const allowed = recursiveDifference(set, ignored);
  return difference(only === undefined ? allowed : restrict(allowed, only), SYSTEM_FIELDS);
}

const trackedTypes = new Map<string, StructType>();

/** The type of a definition without the fields that nobody owns, so that comparing need not look at them. */
export function trackedTypeOf(definition: string): StructType {
  let type = trackedTypes.get(definition);
  if (type === undefined) {
    type = withoutSystemFields(definition);
    trackedTypes.set(definition, type);
  }
  return type;
}

function withoutSystemFields(definition: string): StructType {
  const fields = new Map(applyTypeOf(definition).fields);
  fields.delete('apiVersion');
  fields.delete('kind');
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

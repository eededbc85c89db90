import { isObject } from '../../decode/convert-value.js';
import type { KubernetesObject } from '../../object.js';
import { setOwn } from '../../set-own.js';
import { MAX_ANNOTATIONS_BYTES } from '../../validation/object-meta.js';
import { applyTypeOf } from './apply-type.js';
import { AppliedConfigurationError, checkApplied } from './check-applied.js';
import { compareObjects } from './compare-objects.js';
import { difference, type FieldSet } from './field-set.js';
import { fieldSetOf } from './to-field-set.js';

/** Where `kubectl apply` without --server-side keeps what it applied. */
const LAST_APPLIED_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';

/** The manager whose appliers may have applied by way of the annotation before. */
export const KUBECTL_MANAGER = 'kubectl';

/**
 * What `kubectl apply` without --server-side set and still is as it set it:
 * kubectl may go on with it server-side. Undefined where there is nothing.
 */
export function fieldsLastApplied(definition: string, live: KubernetesObject): FieldSet | undefined {
  const text = live.metadata?.annotations?.[LAST_APPLIED_ANNOTATION];
  if (!text) return undefined;
  const type = applyTypeOf(definition);
  const applied = parse(text);
  if (applied === undefined || applied.apiVersion !== live.apiVersion) return undefined;
  try {
    const checked = checkApplied(type, applied);
    const comparison = compareObjects(type, checked, live);
    return difference(difference(fieldSetOf(type, checked), comparison?.changed), comparison?.removed);
  } catch (error) {
    if (error instanceof AppliedConfigurationError) return undefined;
    throw error;
  }
}

function parse(text: string): KubernetesObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as KubernetesObject) : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps the annotation of an object that has it as kubectl would have written it: both ways of applying stay possible. */
export function renewLastApplied(object: KubernetesObject, config: KubernetesObject): void {
  const { annotations } = object.metadata ?? {};
  if (annotations === undefined || !(LAST_APPLIED_ANNOTATION in annotations)) return;
  const text = `${JSON.stringify(withoutAnnotation(config), sortedFields)}\n`;
  const { [LAST_APPLIED_ANNOTATION]: _previous, ...others } = annotations;
  const size = Object.entries({ ...others, [LAST_APPLIED_ANNOTATION]: text }).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
  object.metadata = {
    ...object.metadata,
    annotations: size > MAX_ANNOTATIONS_BYTES ? others : { ...others, [LAST_APPLIED_ANNOTATION]: text },
  };
}

function withoutAnnotation(config: KubernetesObject): KubernetesObject {
  const { [LAST_APPLIED_ANNOTATION]: _previous, ...annotations } = config.metadata?.annotations ?? {};
  return { ...config, metadata: { ...config.metadata, annotations } };
}

/** For JSON.stringify: fields by name, as Go writes maps. */
function sortedFields(_name: string, value: unknown): unknown {
  if (!isObject(value)) return value;
  const sorted: Record<string, unknown> = {};
  for (const name of Object.keys(value).sort()) setOwn(sorted, name, value[name]);
  return sorted;
}

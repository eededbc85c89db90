import type { FieldError } from '../errors.js';
import type {
  Quantity,
  V2ContainerResourceMetricSource,
  V2CrossVersionObjectReference,
  V2ExternalMetricSource,
  V2MetricIdentifier,
  V2MetricSpec,
  V2MetricTarget,
  V2ObjectMetricSource,
  V2PodsMetricSource,
  V2ResourceMetricSource,
} from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { parseQuantity, QuantityError } from '../quantity/quantity.js';
import { forbidden, invalidEach, invalidValue, notSupported, required } from './field-error.js';
import { checkDnsLabel, checkPathSegment } from './names.js';
import { validateResourceName } from './pod/resources.js';

type Spec = DeepReadonly<V2MetricSpec>;
type Source = 'object' | 'external' | 'pods' | 'resource' | 'containerResource';

/** In the order in which Kubernetes looks at them. */
const SOURCES: readonly Source[] = ['object', 'external', 'pods', 'resource', 'containerResource'];
const TYPES = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];
const TARGET_TYPES = ['Utilization', 'Value', 'AverageValue'];
const ONE_OF_TWO = 'must set either a target raw value or a target utilization';
const NOT_BOTH = 'may not set both a target raw value and a target utilization';

/** One metric of an autoscaler: exactly the source that its type names. */
export function validateMetricSpec(spec: Spec, path: string): FieldError[] {
  const { type = '' } = spec;
  const errors: FieldError[] = [];
  if (type === '') errors.push(required(`${path}.type`, 'must specify a metric source type'));
  if (!TYPES.includes(type)) errors.push(notSupported(`${path}.type`, type, TYPES));
  const present = SOURCES.filter((source) => spec[source] !== undefined);
  const [first] = present;
  if (first !== undefined) errors.push(...validateSource(spec, first, `${path}.${first}`));
  const expected = SOURCES.find((source) => source.toLowerCase() === type.toLowerCase() && TYPES.includes(type));
  if (expected !== undefined && !present.includes(expected)) {
    errors.push(required(`${path}.${expected}`, 'must populate information for the given metric source'));
  }
  if (present.length === 1) return errors;
  for (const source of present.filter((one) => one !== expected)) {
    errors.push(forbidden(`${path}.${source}`, 'must populate the given metric source only'));
  }
  return errors;
}

function validateSource(spec: Spec, source: Source, path: string): FieldError[] {
  if (source === 'object' && spec.object) return validateObject(spec.object, path);
  if (source === 'external' && spec.external) return validateExternal(spec.external, path);
  if (source === 'pods' && spec.pods) return validatePods(spec.pods, path);
  if (source === 'resource' && spec.resource) return validateResource(spec.resource, path);
  return spec.containerResource ? validateContainerResource(spec.containerResource, path) : [];
}

function validateObject(source: DeepReadonly<V2ObjectMetricSource>, path: string): FieldError[] {
  const { value, averageValue } = source.target ?? {};
  const errors = [
    ...validateObjectReference(source.describedObject, `${path}.describedObject`),
    ...validateIdentifier(source.metric, `${path}.metric`),
    ...validateTarget(source.target, `${path}.target`),
  ];
  if (value === undefined && averageValue === undefined) {
    errors.push(required(`${path}.target.averageValue`, 'must set either a target value or averageValue'));
  }
  return errors;
}

function validateExternal(source: DeepReadonly<V2ExternalMetricSource>, path: string): FieldError[] {
  const { value, averageValue } = source.target ?? {};
  const errors = [
    ...validateIdentifier(source.metric, `${path}.metric`),
    ...validateTarget(source.target, `${path}.target`),
  ];
  if (value === undefined && averageValue === undefined) {
    const text = 'must set either a target value for metric or a per-pod target';
    errors.push(required(`${path}.target.averageValue`, text));
  }
  if (value !== undefined && averageValue !== undefined) {
    const text = 'may not set both a target value for metric and a per-pod target';
    errors.push(forbidden(`${path}.target.value`, text));
  }
  return errors;
}

function validatePods(source: DeepReadonly<V2PodsMetricSource>, path: string): FieldError[] {
  const errors = [
    ...validateIdentifier(source.metric, `${path}.metric`),
    ...validateTarget(source.target, `${path}.target`),
  ];
  if (source.target?.averageValue === undefined) {
    errors.push(required(`${path}.target.averageValue`, 'must specify a positive target averageValue'));
  }
  return errors;
}

function validateResource(source: DeepReadonly<V2ResourceMetricSource>, path: string): FieldError[] {
  const { name = '', target } = source;
  return [
    ...(name === '' ? [required(`${path}.name`, 'must specify a resource name')] : []),
    ...validateTarget(target, `${path}.target`),
    ...validateUtilizationOrValue(target, `${path}.target`),
  ];
}

function validateContainerResource(source: DeepReadonly<V2ContainerResourceMetricSource>, path: string): FieldError[] {
  const { name = '', container = '', target } = source;
  return [
    ...(name === ''
      ? [required(`${path}.name`, 'must specify a resource name')]
      : validateResourceName(name, `${path}.name`)),
    ...(container === ''
      ? [required(`${path}.container`, 'must specify a container')]
      : invalidEach(`${path}.container`, container, checkDnsLabel(container))),
    ...validateTarget(target, `${path}.target`),
    ...validateUtilizationOrValue(target, `${path}.target`),
  ];
}

function validateUtilizationOrValue(target: DeepReadonly<V2MetricTarget> | undefined, path: string): FieldError[] {
  const { averageUtilization, averageValue } = target ?? {};
  if (averageUtilization === undefined && averageValue === undefined) {
    return [required(`${path}.averageUtilization`, ONE_OF_TWO)];
  }
  const hasBoth = averageUtilization !== undefined && averageValue !== undefined;
  return hasBoth ? [forbidden(`${path}.averageValue`, NOT_BOTH)] : [];
}

function validateTarget(target: DeepReadonly<V2MetricTarget> | undefined, path: string): FieldError[] {
  const { type = '', value, averageValue, averageUtilization } = target ?? {};
  const errors: FieldError[] = [];
  if (type === '') errors.push(required(`${path}.type`, 'must specify a metric target type'));
  if (!TARGET_TYPES.includes(type)) {
    errors.push(invalidValue(`${path}.type`, type, 'must be either Utilization, Value, or AverageValue'));
  }
  errors.push(...positive(value, `${path}.value`), ...positive(averageValue, `${path}.averageValue`));
  if (averageUtilization !== undefined && averageUtilization < 1) {
    errors.push(invalidValue(`${path}.averageUtilization`, averageUtilization, 'must be greater than 0'));
  }
  return errors;
}

function positive(quantity: Quantity | undefined, path: string): FieldError[] {
  if (quantity === undefined) return [];
  try {
    return parseQuantity(quantity).nano > 0n ? [] : [invalidValue(path, quantity, 'must be positive')];
  } catch (error) {
    if (error instanceof QuantityError) return [invalidValue(path, quantity, error.message)];
    throw error;
  }
}

function validateIdentifier(metric: DeepReadonly<V2MetricIdentifier> | undefined, path: string): FieldError[] {
  const { name = '' } = metric ?? {};
  if (name === '') return [required(`${path}.name`, 'must specify a metric name')];
  return invalidEach(`${path}.name`, name, checkPathSegment(name));
}

/** What is scaled, or what a metric describes. */
export function validateObjectReference(
  reference: DeepReadonly<V2CrossVersionObjectReference> | undefined,
  path: string,
): FieldError[] {
  const { kind = '', name = '' } = reference ?? {};
  return Object.entries({ kind, name }).flatMap(([field, value]) =>
    value === '' ? [required(`${path}.${field}`)] : invalidEach(`${path}.${field}`, value, checkPathSegment(value)),
  );
}

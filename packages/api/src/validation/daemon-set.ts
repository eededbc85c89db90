import type { FieldError } from '../errors.js';
import type { DaemonSet, DaemonSetUpdateStrategy, RollingUpdateDaemonSet } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { invalidValue, notSupported, required } from './field-error.js';
import { validateLabelSelector } from './label-selector.js';
import { amountOf, atMost100Percent } from './percentage.js';
import {
  compileSelector,
  isEmptySelector,
  validatePodsRunOn,
  validateTemplateIsSelected,
} from './pod/controller-template.js';
import { validatePodTemplate } from './pod/pod-template.js';
import { immutableField, intOrPercent, nonNegative } from './values.js';

const EMPTY_SELECTOR = 'empty selector is invalid for daemonset';

export function validateDaemonSet({ spec }: DeepReadonly<DaemonSet>): FieldError[] {
  if (spec === undefined) return [required('spec.selector'), required('spec.template')];
  const { selector, template, updateStrategy = {} } = spec;
  return [
    ...validateLabelSelector(selector, 'spec.selector'),
    ...validateTemplateIsSelected(compileSelector(selector), template, 'spec.template'),
    ...(selector && isEmptySelector(selector) ? [invalidValue('spec.selector', selector, EMPTY_SELECTOR)] : []),
    ...validatePodTemplate(template ?? {}, 'spec.template'),
    ...validatePodsRunOn(template, 'DaemonSet', 'spec.template'),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...validateUpdateStrategy(updateStrategy, 'spec.updateStrategy'),
    ...nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
  ];
}

function validateUpdateStrategy(strategy: DeepReadonly<DaemonSetUpdateStrategy>, path: string): FieldError[] {
  const { type = '', rollingUpdate } = strategy;
  if (type === 'OnDelete') return [];
  if (type === 'RollingUpdate') {
    if (rollingUpdate === undefined) return [required(`${path}.rollingUpdate`)];
    return validateRollingUpdate(rollingUpdate, `${path}.rollingUpdate`);
  }
  // Kubernetes shows its inner type here, whose fields are capitalized.
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate ?? {};
  const inner = rollingUpdate === undefined ? null : { MaxUnavailable: maxUnavailable, MaxSurge: maxSurge };
  return [notSupported(path, { Type: type, RollingUpdate: inner }, ['RollingUpdate', 'OnDelete'])];
}

function validateRollingUpdate(update: DeepReadonly<RollingUpdateDaemonSet>, path: string): FieldError[] {
  const { maxUnavailable, maxSurge } = update;
  const errors = [
    ...intOrPercent(`${path}.maxUnavailable`, maxUnavailable),
    ...intOrPercent(`${path}.maxSurge`, maxSurge),
    ...atMost100Percent(`${path}.maxUnavailable`, maxUnavailable),
    ...atMost100Percent(`${path}.maxSurge`, maxSurge),
  ];
  const hasUnavailable = amountOf(maxUnavailable) !== 0;
  const hasSurge = amountOf(maxSurge) !== 0;
  if (hasUnavailable && hasSurge) {
    errors.push(invalidValue(`${path}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  } else if (!hasUnavailable && !hasSurge) {
    errors.push(required(`${path}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  }
  return errors;
}

export function validateDaemonSetUpdate(
  daemonSet: DeepReadonly<DaemonSet>,
  old: DeepReadonly<DaemonSet>,
): FieldError[] {
  return immutableField('spec.selector', daemonSet.spec?.selector, old.spec?.selector);
}

const COUNTS = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'collisionCount',
] as const;

export function validateDaemonSetStatusUpdate(
  { status }: DeepReadonly<DaemonSet>,
  old: DeepReadonly<DaemonSet>,
): FieldError[] {
  return [
    ...COUNTS.flatMap((field) => nonNegative(`status.${field}`, status?.[field])),
    ...notDecremented('status.collisionCount', status?.collisionCount, old.status?.collisionCount),
  ];
}

/** A controller that has met a collision must not forget it. */
export function notDecremented(path: string, value: number | undefined, old: number | undefined): FieldError[] {
  return (value ?? 0) < (old ?? 0) ? [invalidValue(path, value ?? 0, 'cannot be decremented')] : [];
}

import type { FieldError } from '../errors.js';
import type { PodTemplateSpec, StatefulSet, StatefulSetSpec, StatefulSetUpdateStrategy } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { notDecremented } from './daemon-set.js';
import { forbidden, invalidValue, notSupported, required } from './field-error.js';
import { validateLabelSelector } from './label-selector.js';
import { amountOf, atMost100Percent } from './percentage.js';
import {
  compileSelector,
  isEmptySelector,
  validatePodsRunOn,
  validateTemplateIsSelected,
} from './pod/controller-template.js';
import { validatePodTemplate } from './pod/pod-template.js';
import { semanticEqual } from './semantic-equal.js';
import { intOrPercent, nonNegative } from './values.js';

type Spec = DeepReadonly<StatefulSetSpec>;

const EMPTY_SELECTOR = 'empty selector is invalid for statefulset';
const POD_MANAGEMENT = ['OrderedReady', 'Parallel'];

export function validateStatefulSet({ spec }: DeepReadonly<StatefulSet>): FieldError[] {
  if (spec === undefined) return [required('spec.selector'), required('spec.template')];
  const { podManagementPolicy: management = '', ordinals, updateStrategy = {} } = spec;
  const errors: FieldError[] = [];
  if (management === '') errors.push(required('spec.podManagementPolicy'));
  else if (!POD_MANAGEMENT.includes(management)) {
    errors.push(invalidValue('spec.podManagementPolicy', management, "must be 'OrderedReady' or 'Parallel'"));
  }
  return [
    ...errors,
    ...validateUpdateStrategy(updateStrategy, 'spec.updateStrategy'),
    ...validateRetention(spec, 'spec.persistentVolumeClaimRetentionPolicy'),
    ...nonNegative('spec.replicas', spec.replicas),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...nonNegative('spec.ordinals.start', ordinals?.start),
    ...validateSelectorAndPods(spec),
  ];
}

function validateUpdateStrategy(strategy: DeepReadonly<StatefulSetUpdateStrategy>, path: string): FieldError[] {
  const { type = '', rollingUpdate } = strategy;
  // Kubernetes shows its inner type here, whose fields are capitalized.
  const { partition = 0, maxUnavailable = null } = rollingUpdate ?? {};
  const inner = rollingUpdate === undefined ? null : { Partition: partition, MaxUnavailable: maxUnavailable };
  switch (type) {
    case '':
      return [required(path)];
    case 'OnDelete': {
      const text = "only allowed for updateStrategy 'RollingUpdate'";
      return inner === null ? [] : [invalidValue(`${path}.rollingUpdate`, inner, text)];
    }
    case 'RollingUpdate':
      return rollingUpdate === undefined ? [] : validateRollingUpdate(rollingUpdate, `${path}.rollingUpdate`);
    default:
      return [invalidValue(path, { Type: type, RollingUpdate: inner }, "must be 'RollingUpdate' or 'OnDelete'")];
  }
}

function validateRollingUpdate(
  { partition, maxUnavailable }: NonNullable<DeepReadonly<StatefulSetUpdateStrategy>['rollingUpdate']>,
  path: string,
): FieldError[] {
  const errors = nonNegative(`${path}.partition`, partition);
  if (maxUnavailable === undefined) return errors;
  const field = `${path}.maxUnavailable`;
  errors.push(...intOrPercent(field, maxUnavailable));
  if (amountOf(maxUnavailable) === 0) errors.push(invalidValue(field, maxUnavailable, 'cannot be 0'));
  return [...errors, ...atMost100Percent(field, maxUnavailable)];
}

function validateRetention({ persistentVolumeClaimRetentionPolicy: policy }: Spec, path: string): FieldError[] {
  if (policy === undefined) return [];
  return (['whenDeleted', 'whenScaled'] as const).flatMap((field) => {
    const value = policy[field] ?? '';
    const supported = ['Retain', 'Delete'];
    return supported.includes(value) ? [] : [notSupported(`${path}.${field}`, value, supported)];
  });
}

function validateSelectorAndPods(spec: Spec): FieldError[] {
  const { selector } = spec;
  const errors =
    selector === undefined ? [required('spec.selector')] : validateLabelSelector(selector, 'spec.selector');
  if (selector && isEmptySelector(selector)) errors.push(invalidValue('spec.selector', selector, EMPTY_SELECTOR));
  const compiled = compileSelector(selector);
  if (compiled === undefined) return [...errors, invalidValue('spec.selector', selector)];
  if (!compiled.isEmpty) errors.push(...validateTemplateIsSelected(compiled, spec.template, 'spec.template'));
  return [
    ...errors,
    ...validatePodTemplate(withClaims(spec), 'spec.template'),
    ...validatePodsRunOn(spec.template, 'StatefulSet', 'spec.template'),
  ];
}

/** The template as the controller fills it in: each claim template becomes a volume of its name. */
function withClaims({ template = {}, volumeClaimTemplates = [] }: Spec): DeepReadonly<PodTemplateSpec> {
  const volumes = template.spec?.volumes ?? [];
  const claimed = volumeClaimTemplates
    .map(({ metadata }) => metadata?.name ?? '')
    .filter((name) => name !== '' && !volumes.some((volume) => volume.name === name))
    .map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  if (template.spec === undefined || claimed.length === 0) return template;
  return { ...template, spec: { ...template.spec, volumes: [...volumes, ...claimed] } };
}

const MUTABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const satisfies readonly (keyof StatefulSetSpec)[];
const IMMUTABLE_TEXT =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

export function validateStatefulSetUpdate(
  statefulSet: DeepReadonly<StatefulSet>,
  old: DeepReadonly<StatefulSet>,
): FieldError[] {
  return semanticEqual(fixedPart(statefulSet.spec), fixedPart(old.spec)) ? [] : [forbidden('spec', IMMUTABLE_TEXT)];
}

function fixedPart(spec: Spec | undefined): Record<string, unknown> {
  const fixed: Record<string, unknown> = { ...spec };
  for (const field of MUTABLE) delete fixed[field];
  return fixed;
}

const COUNTS = [
  'replicas',
  'readyReplicas',
  'currentReplicas',
  'updatedReplicas',
  'availableReplicas',
  'observedGeneration',
  'collisionCount',
] as const;

export function validateStatefulSetStatusUpdate(
  { status }: DeepReadonly<StatefulSet>,
  old: DeepReadonly<StatefulSet>,
): FieldError[] {
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = status ?? {};
  const errors = COUNTS.flatMap((field) => nonNegative(`status.${field}`, status?.[field]));
  for (const field of ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const) {
    const count = status?.[field] ?? 0;
    if (count > replicas) errors.push(invalidValue(`status.${field}`, count, 'cannot be greater than status.replicas'));
  }
  if (availableReplicas > readyReplicas) {
    const text = 'cannot be greater than status.readyReplicas';
    errors.push(invalidValue('status.availableReplicas', availableReplicas, text));
  }
  return [...errors, ...notDecremented('status.collisionCount', status?.collisionCount, old.status?.collisionCount)];
}

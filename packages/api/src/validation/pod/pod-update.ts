import type { FieldError } from '../../errors.js';
import type { Container, ContainerStatus, Pod, PodSpec, Toleration } from '../../generated/types.js';
import type { DeepReadonly } from '../../object.js';
import { forbidden, invalidEach, invalidValue, required } from '../field-error.js';
import { checkDnsSubdomain, rangeText } from '../names.js';
import { differingPaths, semanticEqual } from '../semantic-equal.js';
import { immutableField, MAX_INT32 } from '../values.js';

type Spec = DeepReadonly<PodSpec>;

const UPDATABLE_FIELDS = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');
const MAX_REPORTED_PATHS = 10;

/** What of a pod may change after its creation: images, deadline, more tolerations, fewer scheduling gates. */
export function validatePodUpdate(pod: DeepReadonly<Pod>, old: DeepReadonly<Pod>): FieldError[] {
  const spec: Spec = pod.spec ?? { containers: [] };
  const oldSpec: Spec = old.spec ?? { containers: [] };
  const counts = [
    ...validateContainerCount(spec.containers, oldSpec.containers, 'spec.containers'),
    ...validateContainerCount(spec.initContainers, oldSpec.initContainers, 'spec.initContainers'),
  ];
  if (counts.length > 0) return counts;
  const deadline = validateDeadlineUpdate(spec.activeDeadlineSeconds, oldSpec.activeDeadlineSeconds);
  return [
    ...validateImages(spec.containers, 'spec.containers'),
    ...validateImages(spec.initContainers, 'spec.initContainers'),
    ...deadline,
    ...validateOnlyAddedTolerations(spec.tolerations ?? [], oldSpec.tolerations ?? []),
    ...validateOnlyRemovedGates(spec, oldSpec),
    ...validateRestOfSpec(spec, oldSpec),
  ];
}

function validateContainerCount(
  containers: readonly unknown[] | undefined,
  old: readonly unknown[] | undefined,
  path: string,
): FieldError[] {
  const same = (containers ?? []).length === (old ?? []).length;
  return same ? [] : [forbidden(path, 'pod updates may not add or remove containers')];
}

function validateImages(containers: readonly DeepReadonly<Container>[] | undefined, path: string): FieldError[] {
  return (containers ?? []).flatMap(({ image = '' }, i) =>
    image !== '' && image.trim() === '' ? [required(`${path}[${i}].image`)] : [],
  );
}

/** It may be set, and then only be shortened. */
function validateDeadlineUpdate(seconds: number | undefined, old: number | undefined): FieldError[] {
  const path = 'spec.activeDeadlineSeconds';
  if (seconds === undefined) {
    return old === undefined
      ? []
      : [invalidValue(path, seconds, 'must not update from a positive integer to nil value')];
  }
  if (seconds < 0 || seconds > MAX_INT32) return [invalidValue(path, seconds, rangeText(0, MAX_INT32))];
  return old !== undefined && old < seconds
    ? [invalidValue(path, seconds, 'must be less than or equal to previous value')]
    : [];
}

function validateOnlyAddedTolerations(
  tolerations: readonly DeepReadonly<Toleration>[],
  old: readonly DeepReadonly<Toleration>[],
): FieldError[] {
  // How long an existing one tolerates may change.
  const essence = ({ tolerationSeconds, ...rest }: DeepReadonly<Toleration>): object => rest;
  const isKept = old.every((before) => tolerations.some((now) => semanticEqual(essence(now), essence(before))));
  const text = 'existing toleration can not be modified except its tolerationSeconds';
  return isKept ? [] : [forbidden('spec.tolerations', text)];
}

function validateOnlyRemovedGates(spec: Spec, old: Spec): FieldError[] {
  const before = new Set((old.schedulingGates ?? []).map((gate) => gate.name));
  const added = (spec.schedulingGates ?? []).map((gate) => gate.name).filter((name) => !before.has(name));
  if (added.length === 0) return [];
  const text = `only deletion is allowed, but found new scheduling gate '${added[0]}'`;
  return [forbidden('spec.schedulingGates', text)];
}

function validateRestOfSpec(spec: Spec, old: Spec): FieldError[] {
  const munged = withUpdatableFieldsOf(spec, old);
  if (semanticEqual(munged, old)) return [];
  const changed = differingPaths(old, munged, 'spec', MAX_REPORTED_PATHS);
  return [
    forbidden(
      'spec',
      `pod updates may not change fields other than ${UPDATABLE_FIELDS}\nchanged: ${changed.join(', ')}`,
    ),
  ];
}

/** The new spec with all that may change as it was, so that what is left must be equal. */
function withUpdatableFieldsOf(spec: Spec, old: Spec): Spec {
  const { terminationGracePeriodSeconds: oldGrace } = old;
  const isRepaired = oldGrace !== undefined && oldGrace < 0 && spec.terminationGracePeriodSeconds === 1;
  const isGated = (old.schedulingGates ?? []).length > 0;
  return {
    ...spec,
    containers: withImagesOf(spec.containers, old.containers),
    initContainers: withImagesOf(spec.initContainers ?? [], old.initContainers ?? []),
    activeDeadlineSeconds: old.activeDeadlineSeconds,
    tolerations: old.tolerations,
    schedulingGates: old.schedulingGates,
    ...(isRepaired ? { terminationGracePeriodSeconds: oldGrace } : {}),
    // A gated pod has been placed nowhere: its requirements may become stricter.
    ...(isGated && addsOnly(spec.nodeSelector, old.nodeSelector) ? { nodeSelector: old.nodeSelector } : {}),
  };
}

function withImagesOf(
  containers: readonly DeepReadonly<Container>[],
  old: readonly DeepReadonly<Container>[],
): DeepReadonly<Container>[] {
  return containers.map((container, i) => ({ ...container, image: old[i]?.image }));
}

function addsOnly(map: Readonly<Record<string, string>> = {}, old: Readonly<Record<string, string>> = {}): boolean {
  return Object.entries(old).every(([key, value]) => map[key] === value);
}

/** What the kubelet and others report of a pod. */
export function validatePodStatusUpdate(pod: DeepReadonly<Pod>, old: DeepReadonly<Pod>): FieldError[] {
  const status = pod.status ?? {};
  const oldStatus = old.status ?? {};
  const nominated = status.nominatedNodeName ?? '';
  const restartPolicy = old.spec?.restartPolicy;
  return [
    ...(nominated === '' ? [] : invalidEach('status.nominatedNodeName', nominated, checkDnsSubdomain(nominated))),
    ...(status.qosClass === undefined || oldStatus.qosClass === undefined
      ? []
      : immutableField('status.qosClass', status.qosClass, oldStatus.qosClass)),
    ...validateStateChanges(
      status.containerStatuses,
      oldStatus.containerStatuses,
      restartPolicy,
      'status.containerStatuses',
    ),
  ];
}

/** A container that is not to run again does not: its end is final. */
function validateStateChanges(
  statuses: readonly DeepReadonly<ContainerStatus>[] = [],
  old: readonly DeepReadonly<ContainerStatus>[] = [],
  restartPolicy: string | undefined,
  path: string,
): FieldError[] {
  if (restartPolicy === undefined || restartPolicy === 'Always') return [];
  return old.flatMap(({ name, state }) => {
    if (state?.terminated === undefined) return [];
    if (state.terminated.exitCode !== 0 && restartPolicy === 'OnFailure') return [];
    const index = statuses.findIndex((status) => status.name === name);
    return index < 0 || statuses[index]?.state?.terminated !== undefined
      ? []
      : [forbidden(`${path}[${index}].state`, 'may not be transitioned to non-terminated state')];
  });
}

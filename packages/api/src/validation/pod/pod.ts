import type { FieldError } from '../../errors.js';
import type { Container, Pod, PodSpec } from '../../generated/types.js';
import type { DeepReadonly } from '../../object.js';
import { forbidden, invalidValue } from '../field-error.js';
import { validatePodSpec } from './pod-spec.js';

/** A pod, at its creation and at every update. */
export function validatePod(pod: DeepReadonly<Pod>): FieldError[] {
  const spec = pod.spec;
  return [
    ...validatePodSpec(spec, 'spec'),
    ...validateTokenVolumes(spec),
    ...validateImageSpaces(spec?.containers ?? [], 'spec.containers'),
    ...validateImageSpaces(spec?.initContainers ?? [], 'spec.initContainers'),
    ...validateGated(spec),
  ];
}

function validateTokenVolumes(spec: DeepReadonly<PodSpec> | undefined): FieldError[] {
  if ((spec?.serviceAccountName ?? '') !== '') return [];
  return (spec?.volumes ?? []).flatMap((volume, v) =>
    (volume.projected?.sources ?? []).flatMap((source, s) =>
      source.serviceAccountToken === undefined
        ? []
        : [
            forbidden(
              `spec.volumes[${v}].projected.sources[${s}].serviceAccountToken`,
              'must not be specified when serviceAccountName is not set',
            ),
          ],
    ),
  );
}

/** Templates may have them, for tools that fill in the image. */
function validateImageSpaces(containers: readonly DeepReadonly<Container>[], path: string): FieldError[] {
  return containers.flatMap(({ image = '' }, i) =>
    image === image.trim()
      ? []
      : [invalidValue(`${path}[${i}].image`, image, 'must not have leading or trailing whitespace')],
  );
}

function validateGated(spec: DeepReadonly<PodSpec> | undefined): FieldError[] {
  if ((spec?.schedulingGates ?? []).length === 0 || (spec?.nodeName ?? '') === '') return [];
  return [forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared')];
}

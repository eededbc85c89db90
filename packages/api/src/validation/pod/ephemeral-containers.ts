import type { FieldError } from '../../errors.js';
import type { EphemeralContainer, Pod, PodSpec } from '../../generated/types.js';
import type { DeepReadonly } from '../../object.js';
import { duplicate, forbidden, notFoundValue, quote } from '../field-error.js';
import { semanticEqual } from '../semantic-equal.js';
import { validateContainer } from './containers.js';

type ReadonlyEphemeral = DeepReadonly<EphemeralContainer>;

const PATH = 'spec.ephemeralContainers';
const NOT_ALLOWED = 'cannot be set for an Ephemeral Container';
/** What needs a place of its own in the pod, or a life: an ephemeral container has neither. */
const FORBIDDEN_FIELDS = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const;

/** Of a pod's spec, after defaulting. */
export function validateEphemeralContainers(spec: DeepReadonly<PodSpec>, volumes: ReadonlySet<string>): FieldError[] {
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name));
  const taken = new Set(others);
  return (spec.ephemeralContainers ?? []).flatMap((container, i) => {
    const path = `${PATH}[${i}]`;
    const { name, targetContainerName = '' } = container;
    const errors = validateContainer(container as never, { volumes }, path);
    if (name && taken.has(name)) errors.push(duplicate(`${path}.name`, name));
    taken.add(name);
    if (targetContainerName !== '' && !others.has(targetContainerName)) {
      errors.push(notFoundValue(`${path}.targetContainerName`, targetContainerName));
    }
    errors.push(...forbiddenFields(container, path));
    (container.volumeMounts ?? []).forEach((mount, m) => {
      if (mount.subPath) errors.push(forbidden(`${path}.volumeMounts[${m}].subPath`, NOT_ALLOWED));
      if (mount.subPathExpr) errors.push(forbidden(`${path}.volumeMounts[${m}].subPathExpr`, NOT_ALLOWED));
    });
    return errors;
  });
}

function forbiddenFields(container: ReadonlyEphemeral, path: string): FieldError[] {
  return FORBIDDEN_FIELDS.filter((field) => isSet((container as Record<string, unknown>)[field])).map((field) =>
    forbidden(`${path}.${field}`, NOT_ALLOWED),
  );
}

function isSet(value: unknown): boolean {
  if (value === undefined || value === '') return false;
  return typeof value !== 'object' || value === null || Object.keys(value).length > 0;
}

/** What pods/ephemeralcontainers may do: add. */
export function validateEphemeralContainersUpdate(pod: DeepReadonly<Pod>, old: DeepReadonly<Pod>): FieldError[] {
  if (Object.hasOwn(old.metadata?.annotations ?? {}, 'kubernetes.io/config.mirror')) {
    return [forbidden('', 'static pods do not support ephemeral containers')];
  }
  const present = pod.spec?.ephemeralContainers ?? [];
  return (old.spec?.ephemeralContainers ?? []).flatMap((container) => {
    const same = present.find(({ name }) => name === container.name);
    if (same === undefined) {
      return [forbidden(PATH, `existing ephemeral containers ${quote(container.name)} may not be removed\n`)];
    }
    if (semanticEqual(same, container)) return [];
    return [forbidden(PATH, `existing ephemeral containers ${quote(container.name)} may not be changed\n`)];
  });
}

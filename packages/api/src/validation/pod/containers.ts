import type { FieldError } from '../../errors.js';
import type { Container, ContainerPort, PodSpec } from '../../generated/types.js';
import type { DeepReadonly } from '../../object.js';
import { duplicate, forbidden, invalidEach, invalidValue, notSupported, required } from '../field-error.js';
import { checkDnsLabel, checkPortName, checkPortNumber } from '../names.js';
import { oneOf, PROTOCOLS } from '../values.js';
import { validateEnv, validateEnvFrom } from './env.js';
import { type ProbeKind, validateLifecycle, validateProbe } from './probes.js';
import { validateResourceRequirements } from './resources.js';
import { validateSecurityContext } from './security-context.js';
import { validateVolumeDevices, validateVolumeMounts } from './volume-mounts.js';

type ReadonlyContainer = DeepReadonly<Container>;

const PROBES: readonly ProbeKind[] = ['livenessProbe', 'readinessProbe', 'startupProbe'];
const DEFAULT_GRACE_SECONDS = 30;

/** What the containers of one pod are judged against. */
interface Surroundings {
  readonly volumes: ReadonlySet<string>;
  readonly gracePeriodSeconds: number;
}

/** Containers and init containers: their names are unique among both. */
export function validateContainers(
  spec: DeepReadonly<PodSpec>,
  volumes: ReadonlySet<string>,
  path: string,
): FieldError[] {
  const gracePeriodSeconds = spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  const surroundings = { volumes, gracePeriodSeconds };
  const names = new Set<string>();
  const containers = spec.containers ?? [];
  const containersPath = `${path}.containers`;
  if (containers.length === 0) return [required(containersPath)];
  return [
    ...containers.flatMap((container, i) => [
      ...validateContainer(container, surroundings, `${containersPath}[${i}]`),
      ...validateUniqueName(container, names, `${containersPath}[${i}]`),
      ...validateRunning(container, gracePeriodSeconds, `${containersPath}[${i}]`),
      ...(container.restartPolicy === undefined
        ? []
        : [forbidden(`${containersPath}[${i}].restartPolicy`, 'may not be set for non-init containers')]),
    ]),
    ...validateHostPorts(containers, containersPath),
    ...(spec.initContainers ?? []).flatMap((container, i) =>
      validateInitContainer(container, surroundings, names, `${path}.initContainers`, i),
    ),
  ];
}

function validateInitContainer(
  container: ReadonlyContainer,
  surroundings: Surroundings,
  names: Set<string>,
  listPath: string,
  index: number,
): FieldError[] {
  const path = `${listPath}[${index}]`;
  const errors = [
    ...validateContainer(container, surroundings, path),
    ...validateUniqueName(container, names, path),
    // Init containers run one after the other, so only each one's own ports can conflict.
    ...validateHostPorts([container], listPath),
  ];
  const { restartPolicy } = container;
  if (restartPolicy !== undefined && restartPolicy !== 'Always') {
    errors.push(notSupported(`${path}.restartPolicy`, restartPolicy, ['Always']));
  }
  if (restartPolicy === 'Always')
    return [...errors, ...validateRunning(container, surroundings.gracePeriodSeconds, path)];
  for (const field of ['lifecycle', ...PROBES] as const) {
    if (container[field] === undefined) continue;
    errors.push(forbidden(`${path}.${field}`, 'may not be set for init containers without restartPolicy=Always'));
  }
  return errors;
}

/** What is true of every kind of container. */
export function validateContainer(
  container: ReadonlyContainer,
  { volumes }: Pick<Surroundings, 'volumes'>,
  path: string,
): FieldError[] {
  const { name = '', image = '' } = container;
  return [
    ...(name === '' ? [required(`${path}.name`)] : invalidEach(`${path}.name`, name, checkDnsLabel(name))),
    ...(image === '' ? [required(`${path}.image`)] : []),
    ...oneOf(`${path}.terminationMessagePolicy`, container.terminationMessagePolicy, ['FallbackToLogsOnError', 'File']),
    ...validatePorts(container.ports ?? [], `${path}.ports`),
    ...validateEnv(container.env ?? [], `${path}.env`),
    ...validateEnvFrom(container.envFrom ?? [], `${path}.envFrom`),
    ...validateVolumeMounts(container, volumes, `${path}.volumeMounts`),
    ...validateVolumeDevices(container.volumeDevices ?? [], volumes, `${path}.volumeDevices`),
    ...oneOf(`${path}.imagePullPolicy`, container.imagePullPolicy, ['Always', 'IfNotPresent', 'Never']),
    ...validateResourceRequirements(container.resources, `${path}.resources`),
    ...validateSecurityContext(container.securityContext, `${path}.securityContext`),
  ];
}

function validateUniqueName({ name }: ReadonlyContainer, names: Set<string>, path: string): FieldError[] {
  if (!name) return [];
  if (names.has(name)) return [duplicate(`${path}.name`, name)];
  names.add(name);
  return [];
}

/** Hooks and probes, for containers that run as long as the pod. */
function validateRunning(container: ReadonlyContainer, gracePeriodSeconds: number, path: string): FieldError[] {
  return [
    ...validateLifecycle(container.lifecycle, gracePeriodSeconds, `${path}.lifecycle`),
    ...PROBES.flatMap((kind) => validateProbe(container[kind], kind, gracePeriodSeconds, `${path}.${kind}`)),
  ];
}

function validatePorts(ports: DeepReadonly<ContainerPort[]>, path: string): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, i) => {
    const { name = '', containerPort = 0, hostPort = 0 } = port;
    const at = `${path}[${i}]`;
    const nameErrors = name === '' ? [] : invalidEach(`${at}.name`, name, checkPortName(name));
    if (nameErrors.length === 0 && names.has(name)) nameErrors.push(duplicate(`${at}.name`, name));
    if (name !== '') names.add(name);
    return [
      ...nameErrors,
      ...(containerPort === 0
        ? [required(`${at}.containerPort`)]
        : invalidEach(`${at}.containerPort`, containerPort, checkPortNumber(containerPort))),
      ...(hostPort === 0 ? [] : invalidEach(`${at}.hostPort`, hostPort, checkPortNumber(hostPort))),
      ...oneOf(`${at}.protocol`, port.protocol, PROTOCOLS),
    ];
  });
}

function validateHostPorts(containers: readonly ReadonlyContainer[], path: string): FieldError[] {
  const seen = new Set<string>();
  return containers.flatMap((container, c) =>
    (container.ports ?? []).flatMap(({ protocol = '', hostIP = '', hostPort = 0 }, p) => {
      const text = `${protocol}/${hostIP}/${hostPort}`;
      if (hostPort === 0 || !seen.has(text)) {
        seen.add(text);
        return [];
      }
      return [duplicate(`${path}[${c}].ports[${p}].hostPort`, text)];
    }),
  );
}

/** A pod in the node's network has no ports but the node's. */
export function validateHostNetworkPorts(spec: DeepReadonly<PodSpec>, path: string): FieldError[] {
  if (spec.hostNetwork !== true) return [];
  return (spec.containers ?? []).flatMap((container, c) =>
    (container.ports ?? []).flatMap(({ containerPort, hostPort = 0 }, p) =>
      hostPort === 0 || hostPort === containerPort
        ? []
        : [
            invalidValue(
              `${path}[${c}].ports[${p}].containerPort`,
              containerPort,
              'must match `hostPort` when `hostNetwork` is true',
            ),
          ],
    ),
  );
}

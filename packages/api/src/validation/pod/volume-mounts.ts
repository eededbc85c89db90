import type { FieldError } from '../../errors.js';
import type { Container, VolumeDevice, VolumeMount } from '../../generated/types.js';
import type { DeepReadonly } from '../../object.js';
import { forbidden, invalidValue, notFoundValue, notSupported, required } from '../field-error.js';
import { descendingPath, noBacksteps } from '../values.js';

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];
const RECURSIVE_READ_ONLY = ['Disabled', 'Enabled', 'IfPossible'];

/** Mounts of a container; `volumes` are the names of the pod's volumes. */
export function validateVolumeMounts(
  container: DeepReadonly<Container>,
  volumes: ReadonlySet<string>,
  path: string,
): FieldError[] {
  const mountPaths = new Set<string>();
  const devices = container.volumeDevices ?? [];
  return (container.volumeMounts ?? []).flatMap((mount, i) => {
    const { name = '', mountPath = '' } = mount;
    const at = `${path}[${i}]`;
    const errors: FieldError[] = name === '' ? [required(`${at}.name`)] : [];
    if (!volumes.has(name)) errors.push(notFoundValue(`${at}.name`, name));
    if (mountPath === '') errors.push(required(`${at}.mountPath`));
    if (mountPaths.has(mountPath)) errors.push(invalidValue(`${at}.mountPath`, mountPath, 'must be unique'));
    mountPaths.add(mountPath);
    if (devices.some((device) => device.name === name)) {
      errors.push(invalidValue(`${at}.name`, name, 'must not already exist in volumeDevices'));
    }
    if (devices.some((device) => device.devicePath === mountPath)) {
      errors.push(invalidValue(`${at}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices'));
    }
    return [...errors, ...validateSubPath(mount, path, at), ...validatePropagation(mount, container, path, at)];
  });
}

/** Kubernetes reports a bad subPath at the list, and a doubled one at the mount. */
function validateSubPath(mount: DeepReadonly<VolumeMount>, listPath: string, path: string): FieldError[] {
  const { subPath = '', subPathExpr = '' } = mount;
  const errors = subPath === '' ? [] : descendingPath(`${listPath}.subPath`, subPath);
  if (subPathExpr === '') return errors;
  if (subPath !== '') {
    errors.push(invalidValue(`${path}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
  }
  return [...errors, ...descendingPath(`${listPath}.subPathExpr`, subPathExpr)];
}

function validatePropagation(
  mount: DeepReadonly<VolumeMount>,
  container: DeepReadonly<Container>,
  listPath: string,
  path: string,
): FieldError[] {
  const { mountPropagation, recursiveReadOnly } = mount;
  const errors: FieldError[] = [];
  if (mountPropagation !== undefined && !PROPAGATIONS.includes(mountPropagation)) {
    errors.push(notSupported(`${listPath}.mountPropagation`, mountPropagation, PROPAGATIONS));
  }
  if (mountPropagation === 'Bidirectional' && container.securityContext?.privileged !== true) {
    const text = 'Bidirectional mount propagation is available only to privileged containers';
    errors.push(forbidden(`${listPath}.mountPropagation`, text));
  }
  if (recursiveReadOnly === undefined || recursiveReadOnly === 'Disabled') return errors;
  const recursivePath = `${path}.recursiveReadOnly`;
  if (!RECURSIVE_READ_ONLY.includes(recursiveReadOnly)) {
    errors.push(notSupported(recursivePath, recursiveReadOnly, RECURSIVE_READ_ONLY));
  } else if (mount.readOnly !== true) {
    errors.push(forbidden(recursivePath, 'may only be specified when readOnly is true'));
  } else if (mountPropagation !== undefined && mountPropagation !== 'None') {
    errors.push(forbidden(recursivePath, 'may only be specified when mountPropagation is None or not specified'));
  }
  return errors;
}

export function validateVolumeDevices(
  devices: DeepReadonly<VolumeDevice[]>,
  volumes: ReadonlySet<string>,
  path: string,
): FieldError[] {
  const devicePaths = new Set<string>();
  const names = new Set<string>();
  return devices.flatMap(({ name = '', devicePath = '' }, i) => {
    const errors: FieldError[] = name === '' ? [required(`${path}[${i}].name`)] : [];
    if (names.has(name)) errors.push(invalidValue(`${path}[${i}].name`, name, 'must be unique'));
    if (name !== '' && !volumes.has(name)) errors.push(notFoundValue(`${path}[${i}].name`, name));
    if (devicePath === '') errors.push(required(`${path}[${i}].devicePath`));
    if (devicePaths.has(devicePath))
      errors.push(invalidValue(`${path}[${i}].devicePath`, devicePath, 'must be unique'));
    errors.push(...noBacksteps(`${path}[${i}].devicePath`, devicePath));
    names.add(name);
    devicePaths.add(devicePath);
    return errors;
  });
}

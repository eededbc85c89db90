import type { FieldError } from '../errors.js';
import type { HostPathVolumeSource } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { notSupported, required } from './field-error.js';
import { noBacksteps } from './values.js';

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

export function validateHostPath(source: DeepReadonly<HostPathVolumeSource>, path: string): FieldError[] {
  const { path: directory = '', type = '' } = source;
  if (directory === '') return [required(`${path}.path`)];
  const errors = noBacksteps(`${path}.path`, directory);
  if (!HOST_PATH_TYPES.includes(type)) errors.push(notSupported(`${path}.type`, type, HOST_PATH_TYPES));
  return errors;
}

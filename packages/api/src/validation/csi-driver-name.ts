import type { FieldError } from '../errors.js';
import { invalidEach, required, tooLong } from './field-error.js';
import { byteLength, checkDnsSubdomain } from './names.js';

const MAX_BYTES = 63;

/** The name by which a CSI driver is known on a node and in a volume. */
export function validateCsiDriverName(name: string, path: string): FieldError[] {
  return [
    ...(name === '' ? [required(path)] : []),
    ...(byteLength(name) > MAX_BYTES ? [tooLong(path, MAX_BYTES)] : []),
    ...invalidEach(path, name, checkDnsSubdomain(name.toLowerCase())),
  ];
}

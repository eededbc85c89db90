import type { FieldError } from '../errors.js';
import { forbidden, notSupported } from './field-error.js';

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
/** What a volume is to a pod: files, or a bare device. */
export const VOLUME_MODES = ['Block', 'Filesystem'];
const ONE_POD = 'ReadWriteOncePod';

/** Of a volume or a claim: how it may be mounted. */
export function validateAccessModes(modes: readonly string[], path: string): FieldError[] {
  const errors = modes
    .filter((mode) => !ACCESS_MODES.includes(mode))
    .map((mode) => notSupported(path, mode, ACCESS_MODES));
  const others = modes.some((mode) => mode !== ONE_POD && ACCESS_MODES.includes(mode));
  if (modes.includes(ONE_POD) && others) {
    errors.push(forbidden(path, 'may not use ReadWriteOncePod with other access modes'));
  }
  return errors;
}

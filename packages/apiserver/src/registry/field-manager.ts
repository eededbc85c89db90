import { type FieldError, forbidden, invalidValue, required, tooLong } from '@kubelab/api';

/** In UTF-8, as Kubernetes counts it. */
const MAX_BYTES = 128;
/** Go's unicode.IsPrint: no white space but the plain space. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** What is wrong with a `fieldManager` parameter; "" is none given. */
export function fieldManagerErrors(fieldManager: string): FieldError[] {
  const errors: FieldError[] = [];
  if (Buffer.byteLength(fieldManager) > MAX_BYTES) {
    errors.push(tooLong('fieldManager', MAX_BYTES));
  }
  let position = 0;
  for (const character of fieldManager) {
    if (!PRINTABLE.test(character)) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      errors.push(invalidValue('fieldManager', fieldManager, `invalid character U+${code} (at position ${position})`));
    }
    position += Buffer.byteLength(character);
  }
  return errors;
}

/** What is wrong with the parameters that only apply has, or must have. */
export function applyErrors(isApply: boolean, fieldManager: string, force: boolean | undefined): FieldError[] {
  if (isApply && fieldManager === '') return [required('fieldManager', 'is required for apply patch')];
  if (isApply || force === undefined) return [];
  return [forbidden('force', 'may not be specified for non-apply patch')];
}

const known = new Map<string, string>();
const MAX_KNOWN = 1_000;

/** The manager of those who name none: the program's name in their User-Agent, `kubectl` of `kubectl/v1.32.0 (linux)`. */
export function managerOfUserAgent(userAgent: string | undefined): string {
  if (userAgent === undefined) return UNKNOWN;
  let manager = known.get(userAgent);
  if (manager === undefined) {
    manager = programOf(userAgent) || UNKNOWN;
    if (known.size < MAX_KNOWN) known.set(userAgent, manager);
  }
  return manager;
}

const UNKNOWN = 'unknown';

function programOf(userAgent: string): string {
  let program = '';
  let bytes = 0;
  for (const character of userAgent.split('/', 1)[0] ?? '') {
    if (!PRINTABLE.test(character)) continue;
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_BYTES) break;
    program += character;
  }
  return program;
}

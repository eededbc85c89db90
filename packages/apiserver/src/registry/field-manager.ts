import { type FieldError, forbidden, isPrintable, MAX_FIELD_MANAGER_BYTES, required } from '@kubelab/api';

/** What is wrong with the parameters that only apply has, or must have. */
export function applyErrors(isApply: boolean, fieldManager: string, force: boolean | undefined): FieldError[] {
  if (isApply && fieldManager === '') return [required('fieldManager', 'is required for apply patch')];
  if (isApply || force === undefined) return [];
  return [forbidden('force', 'may not be specified for non-apply patch')];
}

const UNKNOWN = 'unknown';
const MAX_KNOWN = 1_000;
const known = new Map<string, string>();

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

function programOf(userAgent: string): string {
  let program = '';
  let bytes = 0;
  for (const character of userAgent.split('/', 1)[0] ?? '') {
    if (!isPrintable(character)) continue;
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_FIELD_MANAGER_BYTES) break;
    program += character;
  }
  return program;
}

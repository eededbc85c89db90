/**
 * Fields that Kubernetes drops when they are false or 0, so that leaving them
 * out means the same. All other false and 0 values differ from a missing one.
 */
const ZERO_MEANS_ABSENT = new Set([
  'hostIPC',
  'hostNetwork',
  'hostPID',
  'hostPort',
  'initialDelaySeconds',
  'minReadySeconds',
  'nodePort',
  'paused',
  'publishNotReadyAddresses',
  'readOnly',
  'stdin',
  'stdinOnce',
  'tty',
  'unschedulable',
]);

/** Equal in meaning: order of keys does not matter, and an empty string, list or map is the same as none. */
export function semanticEqual(a: unknown, b: unknown, field = ''): boolean {
  if (a === b) return true;
  if (isAbsent(a, field) || isAbsent(b, field)) return isAbsent(a, field) && isAbsent(b, field);
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => semanticEqual(item, b[i]))
    );
  }
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  return (
    Object.keys(left).every((key) => semanticEqual(left[key], right[key], key)) &&
    Object.keys(right).every((key) => Object.hasOwn(left, key) || isAbsent(right[key], key))
  );
}

function isAbsent(value: unknown, field: string): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (value === false || value === 0) return ZERO_MEANS_ABSENT.has(field);
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** The paths at which two values differ, at most `limit` of them. For messages. */
export function differingPaths(a: unknown, b: unknown, path: string, limit: number): string[] {
  const paths: string[] = [];
  collectDifferences(a, b, path, '', paths, limit);
  return paths;
}

function collectDifferences(a: unknown, b: unknown, path: string, field: string, paths: string[], limit: number): void {
  if (paths.length >= limit || semanticEqual(a, b, field)) return;
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
    for (const [i, item] of a.entries()) collectDifferences(item, b[i], `${path}[${i}]`, '', paths, limit);
    return;
  }
  if (isRecord(a) && isRecord(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      collectDifferences(a[key], b[key], `${path}.${key}`, key, paths, limit);
    }
    return;
  }
  paths.push(path);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

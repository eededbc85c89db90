/** Deeper nesting than this is refused; the deepest kind of v1.34 has 14 levels. */
export const MAX_DEPTH = 100;

/** Whether a JSON value is nested too deep to be walked. Not recursive itself. */
export function isNestedTooDeep(root: unknown): boolean {
  const pending: (readonly [unknown, number])[] = [[root, 1]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [value, depth] = next;
    if (typeof value !== 'object' || value === null) continue;
    if (depth > MAX_DEPTH) return true;
    for (const element of Object.values(value)) pending.push([element, depth + 1]);
  }
  return false;
}

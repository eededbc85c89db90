/** A JSON value as Go's `%+v` prints what it was read into: `map[metadata:map[labels:<nil>]]`. */
export function goPrint(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goPrint).join(' ')}]`;
  if (typeof value !== 'object') return String(value);
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `map[${members.map(([key, member]) => `${key}:${goPrint(member)}`).join(' ')}]`;
}

/**
 * One step of a path in FieldsV1: `f:NAME` a field or map key, `k:{…}` the
 * element of a list with these key fields, `v:…` the element of a set with
 * this value, `i:N` an index. Keys and values are JSON, key fields by name.
 */

type Scalar = string | number | boolean;

export function fieldElement(name: string): string {
  return `f:${name}`;
}

/** `keys` by name, in the order of their names. */
export function keyElement(keys: Readonly<Record<string, unknown>>): string {
  return `k:${JSON.stringify(keys)}`;
}

export function valueElement(value: unknown): string {
  return `v:${JSON.stringify(value)}`;
}

const ORDER = '.fkvi';
const FIELD = 'f'.charCodeAt(0);

/** Below, at or above 0 as `a` comes before, is or comes after `b`. */
export function compareElements(a: string, b: string): number {
  if (a === b) return 0;
  // By far the most frequent: two fields.
  if (a.charCodeAt(0) === FIELD && b.charCodeAt(0) === FIELD) return a < b ? -1 : 1;
  const kinds = ORDER.indexOf(a.charAt(0)) - ORDER.indexOf(b.charAt(0));
  if (kinds !== 0) return kinds;
  return compareContents(parseContent(a), parseContent(b)) || (a < b ? -1 : 1);
}

function parseContent(element: string): unknown {
  return JSON.parse(element.slice(2));
}

function compareContents(a: unknown, b: unknown): number {
  const rank = rankOf(a) - rankOf(b);
  if (rank !== 0) return rank;
  if (typeof a !== 'object' || a === null) return a === b ? 0 : (a as Scalar) < (b as Scalar) ? -1 : 1;
  const mine = Object.entries(a);
  const theirs = Object.entries(b as object);
  for (const [index, [name, value]] of mine.entries()) {
    const other = theirs[index];
    if (other === undefined) return 1;
    if (name !== other[0]) return name < other[0] ? -1 : 1;
    const order = compareContents(value, other[1]);
    if (order !== 0) return order;
  }
  return mine.length - theirs.length;
}

/** Numbers before texts before booleans before the rest. */
function rankOf(value: unknown): number {
  const rank = ['number', 'string', 'boolean', 'object'].indexOf(typeof value);
  return value === null ? 4 : rank;
}

/** The one way to write an element that a client sent; undefined where it is none. */
export function canonicalElement(element: string): string | undefined {
  if (element === '.' || element.startsWith('f:')) return element;
  if (element.startsWith('i:')) return /^i:(0|[1-9]\d{0,8})$/.test(element) ? element : undefined;
  const content = /^[kv]:/.test(element) ? parseOrUndefined(element.slice(2)) : undefined;
  if (content === undefined) return undefined;
  if (element.startsWith('v:')) return valueElement(content);
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return undefined;
  const keys = Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1));
  return keys.length === 0 ? undefined : keyElement(Object.fromEntries(keys));
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** As errors name it: `.spec.containers[name="c"].ports[containerPort=80,protocol="TCP"]`. */
export function formatFieldPath(path: readonly string[]): string {
  return path.map(formatElement).join('');
}

export function formatElement(element: string): string {
  const content = element.slice(2);
  switch (element.charAt(0)) {
    case 'f':
      return `.${content}`;
    case 'k':
      return `[${Object.entries(JSON.parse(content) as object)
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .join(',')}]`;
    case 'v':
      return `[=${content}]`;
    default:
      return `[${content}]`;
  }
}

/**
 * How Go's cmp package reports what differs between two structures, which
 * Kubernetes quotes in some messages: unchanged fields around a change are
 * shown, others counted, and what was and what is stand under each other.
 * Only what those messages need is here: structures with known fields whose
 * leaves are texts already.
 */
export type DiffValue = string | DiffStruct;

export interface DiffStruct {
  /** `core.VolumeResourceRequirements`; empty where cmp leaves it out. */
  readonly type: string;
  readonly fields: readonly (readonly [name: string, value: DiffValue])[];
}

/** Unchanged fields shown on each side of a change. */
const CONTEXT = 2;
/** Longer values get a line for each of their fields. */
const MAX_LINE_LENGTH = 80;
/** How many levels of an unchanged value are shown. */
const BRIEF_DEPTH = 2;

type Mark = ' ' | '-' | '+';

interface Line {
  readonly mark: Mark;
  readonly depth: number;
  readonly key: string;
  readonly text: string;
}

/** The report, each line ended. Both sides have the same fields. */
export function goDiff(before: DiffStruct, after: DiffStruct): string {
  const lines = [line(' ', 0, '', `${before.type}{`), ...diffFields(before, after, 1), line(' ', 0, '', '}')];
  return `${lines.map(render).join('\n')}\n`;
}

function diffFields(before: DiffStruct, after: DiffStruct, depth: number): Line[] {
  const pairs = before.fields.map(([name, value], i) => {
    const other = after.fields[i]?.[1] ?? '';
    return { name, before: value, after: other, same: flat(value) === flat(other) };
  });
  const lines: Line[] = [];
  for (let start = 0; start < pairs.length; ) {
    const isSame = pairs[start]?.same;
    let end = start;
    while (end < pairs.length && pairs[end]?.same === isSame) end += 1;
    const group = pairs.slice(start, end);
    if (isSame) lines.push(...unchanged(group, start > 0, end < pairs.length, depth));
    else for (const pair of group) lines.push(...changed(pair.name, pair.before, pair.after, depth));
    start = end;
  }
  return aligned(lines);
}

function unchanged(
  group: readonly { name: string; before: DiffValue }[],
  followsChange: boolean,
  precedesChange: boolean,
  depth: number,
): Line[] {
  const low = followsChange ? Math.min(CONTEXT, group.length) : 0;
  let high = precedesChange ? Math.min(CONTEXT, group.length - low) : 0;
  if (group.length - low - high === 1) high += 1;
  const hidden = group.length - low - high;
  const show = ({ name, before }: { name: string; before: DiffValue }) =>
    line(' ', depth, `${name}:`, `${flat(before, true)},`);
  return [
    ...group.slice(0, low).map(show),
    ...(hidden > 0 ? [line(' ', depth, '', `... // ${hidden} identical fields`)] : []),
    ...group.slice(group.length - high).map(show),
  ];
}

function changed(name: string, before: DiffValue, after: DiffValue, depth: number): Line[] {
  if (typeof before === 'object' && typeof after === 'object' && isComparable(before, after)) {
    return [
      line(' ', depth, '', `${name}: ${before.type}{`),
      ...diffFields(before, after, depth + 1),
      line(' ', depth, '', '},'),
    ];
  }
  return [...whole('-', name, before, depth), ...whole('+', name, after, depth)];
}

/** A structure of one field is shown as a whole, as cmp does. */
function isComparable(before: DiffStruct, after: DiffStruct): boolean {
  const names = (struct: DiffStruct) => struct.fields.map(([name]) => name).join();
  return before.fields.length > 1 && names(before) === names(after);
}

function whole(mark: Mark, name: string, value: DiffValue, depth: number): Line[] {
  const text = flat(value);
  if (typeof value === 'string' || text.length - value.type.length - 2 <= MAX_LINE_LENGTH) {
    return [line(mark, depth, `${name}:`, `${text},`)];
  }
  return [
    line(mark, depth, '', `${name}: ${value.type}{`),
    ...value.fields.map(([key, field]) => line(mark, depth + 1, `${key}:`, `${flat(field)},`)),
    line(mark, depth, '', '},'),
  ];
}

/** On one line. `briefly`: as cmp shows what has not changed, without types and only so deep. */
function flat(value: DiffValue, briefly = false, depth = 0): string {
  if (typeof value === 'string') return value;
  if (briefly && depth > BRIEF_DEPTH) return '{...}';
  const shown = briefly ? value.fields.filter(([, field]) => flat(field) !== 'nil') : value.fields;
  const fields = shown.map(([name, field]) => `${name}: ${flat(field, briefly, depth + 1)}`);
  return `${briefly ? '' : value.type}{${fields.join(', ')}}`;
}

/** Values of neighbouring lines begin in one column. */
function aligned(lines: readonly Line[]): Line[] {
  const result: Line[] = [];
  for (let start = 0; start < lines.length; ) {
    if (lines[start]?.key === '') {
      result.push(...lines.slice(start, start + 1));
      start += 1;
      continue;
    }
    let end = start;
    while (end < lines.length && lines[end]?.key !== '') end += 1;
    const run = lines.slice(start, end);
    const width = Math.max(...run.map(({ key }) => key.length));
    result.push(...run.map((one) => ({ ...one, key: '', text: `${one.key.padEnd(width)} ${one.text}` })));
    start = end;
  }
  return result;
}

function line(mark: Mark, depth: number, key: string, text: string): Line {
  return { mark, depth, key, text };
}

function render({ mark, depth, key, text }: Line): string {
  return `${mark} ${'\t'.repeat(depth)}${key === '' ? '' : `${key} `}${text}`;
}

import { quote } from './field-error.js';

/** Why a list of completion indexes (`1,3-5,7`) cannot be read, in Kubernetes' words. */
export class IndexListError extends Error {}

interface Interval {
  readonly first: number;
  readonly last: number;
}

/** How many indexes the list names; all must be below `completions`, and grow. @throws IndexListError */
export function countIndexes(list: string, completions: number): number {
  let total = 0;
  let previous: number | undefined;
  for (const text of list === '' ? [] : list.split(',')) {
    const { first, last } = parseInterval(text, completions);
    if (previous !== undefined && previous >= first) throw notIncreasing(previous, first);
    total += last - first + 1;
    previous = last;
  }
  return total;
}

/** The first index that both lists name. What cannot be read is left out. */
export function firstCommonIndex(left: string, right: string, completions: number): number | undefined {
  const others = readableIntervals(right, completions);
  const common = readableIntervals(left, completions).flatMap(({ first, last }) =>
    others.filter((other) => first <= other.last && other.first <= last).map((other) => Math.max(first, other.first)),
  );
  return common.length === 0 ? undefined : Math.min(...common);
}

function readableIntervals(list: string, completions: number): Interval[] {
  return list.split(',').flatMap((text) => {
    try {
      return [parseInterval(text, completions)];
    } catch (error) {
      if (error instanceof IndexListError) return [];
      throw error;
    }
  });
}

function parseInterval(text: string, completions: number): Interval {
  const parts = text.split('-');
  if (parts.length > 2) {
    throw new IndexListError(
      `the fragment ${quote(text)} violates the requirement that an index interval can have at most two parts separated by '-'`,
    );
  }
  const [first = 0, last = first] = parts.map((part) => parseIndex(part, completions));
  if (parts.length === 2 && first >= last) throw notIncreasing(first, last);
  return { first, last };
}

function parseIndex(text: string, completions: number): number {
  if (!/^[+-]?\d+$/.test(text)) {
    throw new IndexListError(`cannot convert string to integer for index: ${quote(text)}`);
  }
  const index = Number(text);
  if (index >= completions) throw new IndexListError(`too large index: ${quote(text)}`);
  return index;
}

function notIncreasing(previous: number, current: number): IndexListError {
  return new IndexListError(`non-increasing order, previous: ${previous}, current: ${current}`);
}

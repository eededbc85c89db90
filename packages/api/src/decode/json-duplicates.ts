import { formatPath, MAX_STRICT_ERRORS } from './convert-value.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const COMMA = 0x2c;

/**
 * The paths of fields that occur twice in one object, which JSON.parse hides.
 * `text` must be valid JSON and `parsed` what JSON.parse made of it: only when
 * the text holds more keys than the value are the duplicates looked for.
 */
export function findDuplicateFields(text: string, parsed: unknown): string[] {
  return countKeysInText(text) === countKeys(parsed) ? [] : scanForDuplicates(text);
}

/** Colons outside strings: one a key. */
function countKeysInText(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = endOfString(text, i);
    else if (code === COLON) count++;
  }
  return count;
}

/** The index of the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}

/** Not recursive: what is counted may be nested as deep as its sender liked. */
function countKeys(root: unknown): number {
  let count = 0;
  const pending: object[] = isContainer(root) ? [root] : [];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (Array.isArray(value)) {
      for (const element of value) if (isContainer(element)) pending.push(element);
      continue;
    }
    // All fields of what JSON.parse makes are its own; this is the fastest way over them.
    for (const key in value) {
      count++;
      const field = (value as Record<string, unknown>)[key];
      if (isContainer(field)) pending.push(field);
    }
  }
  return count;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** An object (with the keys seen) or an array that the scan is inside of. */
interface Frame {
  readonly keys: Set<string> | undefined;
  step: string | number;
}

function scanForDuplicates(text: string): string[] {
  const duplicates = new Set<string>();
  const frames: Frame[] = [];
  let expectKey = false;
  for (let i = 0; i < text.length && duplicates.size < MAX_STRICT_ERRORS; i++) {
    const frame = frames.at(-1);
    switch (text.charCodeAt(i)) {
      case OPEN_OBJECT:
        frames.push({ keys: new Set(), step: '' });
        expectKey = true;
        break;
      case OPEN_ARRAY:
        frames.push({ keys: undefined, step: 0 });
        expectKey = false;
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        frames.pop();
        break;
      case COMMA:
        if (typeof frame?.step === 'number') frame.step++;
        expectKey = frame?.keys !== undefined;
        break;
      case QUOTE: {
        const end = endOfString(text, i);
        if (expectKey && frame?.keys !== undefined) {
          const key = JSON.parse(text.slice(i, end + 1)) as string;
          frame.step = key;
          if (frame.keys.has(key)) duplicates.add(formatPath(frames.map(({ step }) => step)));
          frame.keys.add(key);
          expectKey = false;
        }
        i = end;
        break;
      }
    }
  }
  return [...duplicates];
}

/**
 * The schedules that Kubernetes reads: five fields, or a name such as `@daily`
 * or `@every 1h30m`. Only whether one can be read is said here, in the words
 * of the parser that Kubernetes uses (robfig/cron v3).
 */
interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const FIELDS: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: DAYS },
];
const DESCRIPTORS = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];
const EVERY = '@every ';
const DURATION = /^[+-]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;

/** Why a schedule cannot be read; undefined when it can. */
export function scheduleProblem(schedule: string): string | undefined {
  const zoned = /^(?:CRON_)?TZ=(\S*)\s+(.*)$/s.exec(schedule);
  if (zoned !== null && !isTimeZone(zoned[1] ?? '')) {
    return `provided bad location ${zoned[1]}: unknown time zone ${zoned[1]}`;
  }
  const text = (zoned?.[2] ?? schedule).trim();
  if (text.startsWith('@')) return descriptorProblem(text);
  const fields = text.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== FIELDS.length) {
    return `expected exactly ${FIELDS.length} fields, found ${fields.length}: [${fields.join(' ')}]`;
  }
  for (const [i, bounds] of FIELDS.entries()) {
    for (const range of (fields[i] ?? '').split(',')) {
      const problem = range === '' ? undefined : rangeProblem(range, bounds);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

/** A name of the time zone database. Go looks it up as a file, so an offset is none. */
export function isTimeZone(name: string): boolean {
  if (name === '' || /^[+-]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function descriptorProblem(text: string): string | undefined {
  if (DESCRIPTORS.includes(text)) return undefined;
  if (!text.startsWith(EVERY)) return `unrecognized descriptor: ${text}`;
  const duration = text.slice(EVERY.length);
  if (DURATION.test(duration)) return undefined;
  return `failed to parse duration ${text}: time: invalid duration "${duration}"`;
}

function rangeProblem(range: string, bounds: Bounds): string | undefined {
  const [span = '', step, ...moreSteps] = range.split('/');
  const [low = '', high, ...moreEnds] = span.split('-');
  const isAll = low === '*' || low === '?';
  const values: number[] = [];
  if (!isAll && moreEnds.length > 0) return numberProblem(low, bounds) ?? `too many hyphens: ${range}`;
  for (const text of isAll ? [] : [low, ...(high === undefined ? [] : [high])]) {
    const problem = numberProblem(text, bounds);
    if (problem !== undefined) return problem;
    values.push(numberOf(text, bounds));
  }
  if (moreSteps.length > 0) return `too many slashes: ${range}`;
  const stepProblem = step === undefined ? undefined : numberProblem(step, { min: 0, max: 0 });
  if (stepProblem !== undefined) return stepProblem;
  const start = values[0] ?? bounds.min;
  // `N/step` means from N to the end.
  const end = isAll || (step !== undefined && high === undefined) ? bounds.max : (values[1] ?? start);
  if (start < bounds.min) return `beginning of range (${start}) below minimum (${bounds.min}): ${range}`;
  if (end > bounds.max) return `end of range (${end}) above maximum (${bounds.max}): ${range}`;
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${range}`;
  return step !== undefined && Number(step) === 0 ? `step of range should be a positive number: ${range}` : undefined;
}

function numberOf(text: string, { names = [], min }: Bounds): number {
  const named = names.indexOf(text.toLowerCase());
  return named >= 0 ? named + min : Number(text);
}

function numberProblem(text: string, bounds: Bounds): string | undefined {
  if (bounds.names?.includes(text.toLowerCase())) return undefined;
  if (!/^[+-]?\d+$/.test(text)) {
    return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
  }
  return Number(text) < 0 ? `negative number (${Number(text)}) not allowed: ${text}` : undefined;
}

import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { formatDuration, parseDuration } from './duration.js';

interface FlagOf<Kind extends string, Value> {
  readonly kind: Kind;
  /** One line, for --help. */
  readonly help: string;
  /** Refused when absent. */
  readonly required?: boolean;
  readonly default?: Value;
}

/**
 * One flag. `duration` reads Go durations into milliseconds (its default is in
 * milliseconds too), `list` takes commas and repetition, `boolean` needs no value.
 */
export type Flag =
  | (FlagOf<'string', string> & { readonly choices?: readonly string[] })
  | FlagOf<'number', number>
  | FlagOf<'boolean', boolean>
  | FlagOf<'duration', number>
  | FlagOf<'list', readonly string[]>;

/** Flags by name, without the dashes: `{ 'node-name': { kind: 'string', … } }`. */
export type OptionSpecification = Readonly<Record<string, Flag>>;

type CamelCase<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

type PropertyOf<Name extends string, F extends Flag> = F['kind'] extends 'duration'
  ? `${CamelCase<Name>}Ms`
  : CamelCase<Name>;

type Present<F extends Flag> = F extends { required: true } ? true : F extends { default: unknown } ? true : false;

type ValueOf<F extends Flag> = F['kind'] extends 'number' | 'duration'
  ? number
  : F['kind'] extends 'boolean'
    ? boolean
    : F['kind'] extends 'list'
      ? readonly string[]
      : F extends { choices: readonly (infer Choice)[] }
        ? Choice
        : string;

/**
 * What `parseOptions` gives: `--node-name` is `nodeName`, a duration `--period`
 * is `periodMs`. A flag that is neither required nor has a default may be
 * undefined, but a boolean is false and a list is empty.
 */
export type Options<S extends OptionSpecification> = {
  readonly [Name in keyof S & string as PropertyOf<Name, S[Name]>]: Present<S[Name]> extends true
    ? ValueOf<S[Name]>
    : S[Name]['kind'] extends 'boolean' | 'list'
      ? ValueOf<S[Name]>
      : ValueOf<S[Name]> | undefined;
};

/** Says which flag is wrong and why. */
export class OptionsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'OptionsError';
  }
}

/** Reads flags; throws {@link OptionsError}. `help` is true where --help was asked for, and then nothing is required. */
export function readOptions<const S extends OptionSpecification>(
  args: readonly string[],
  specification: S,
): { help: boolean; options: Options<S> } {
  const given = collectFlags(args, specification);
  const help = given.has('help');
  const options: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(specification)) {
    const texts = given.get(name);
    if (texts === undefined && flag.required && !help) throw new OptionsError(`--${name} is required`);
    options[propertyName(name, flag)] = texts === undefined ? absent(flag) : readValue(name, flag, texts);
  }
  return { help, options: options as Options<S> };
}

function collectFlags(
  args: readonly string[],
  specification: OptionSpecification,
): Map<string, (string | undefined)[]> {
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(specification).map(([name, flag]) => [
        name,
        { type: flag.kind === 'boolean' ? ('boolean' as const) : ('string' as const), multiple: true },
      ]),
    ),
  });
  const given = new Map<string, (string | undefined)[]>();
  for (const token of tokens) {
    if (token.kind === 'positional') throw new OptionsError(`unexpected argument "${token.value}"`);
    if (token.kind !== 'option') continue;
    const known = token.name === 'help' || Object.hasOwn(specification, token.name);
    if (!known || !token.rawName.startsWith('--')) throw new OptionsError(`unknown flag ${token.rawName}`);
    given.set(token.name, [...(given.get(token.name) ?? []), token.value]);
  }
  return given;
}

function absent(flag: Flag): unknown {
  if (flag.default !== undefined) return flag.default;
  if (flag.kind === 'boolean') return false;
  return flag.kind === 'list' ? [] : undefined;
}

function readValue(name: string, flag: Flag, texts: readonly (string | undefined)[]): unknown {
  const last = texts.at(-1);
  if (flag.kind === 'boolean') {
    if (last === undefined || last === 'true') return true;
    if (last === 'false') return false;
    throw new OptionsError(`--${name}: "${last}" is neither true nor false`);
  }
  if (last === undefined) throw new OptionsError(`--${name} needs a value`);
  switch (flag.kind) {
    case 'string':
      if (last === '' && flag.required) throw new OptionsError(`--${name} may not be empty`);
      if (flag.choices && !flag.choices.includes(last)) {
        throw new OptionsError(`--${name}: "${last}" is not one of ${flag.choices.join(', ')}`);
      }
      return last;
    case 'number': {
      const number = Number(last);
      if (last.trim() === '' || !Number.isFinite(number))
        throw new OptionsError(`--${name}: "${last}" is not a number`);
      return number;
    }
    case 'duration':
      try {
        return parseDuration(last);
      } catch (error) {
        throw new OptionsError(`--${name}: ${(error as Error).message}`);
      }
    case 'list': {
      const items = texts.flatMap((text) => (text ?? '').split(',')).filter((item) => item !== '');
      if (items.length === 0 && flag.required) throw new OptionsError(`--${name} may not be empty`);
      return items;
    }
  }
}

function propertyName(name: string, flag: Flag): string {
  const camel = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return flag.kind === 'duration' ? `${camel}Ms` : camel;
}

/** The text of --help. */
export function formatUsage(program: string, specification: OptionSpecification): string {
  const rows = Object.entries(specification).map(([name, flag]) => ({
    left: `  --${name}${flag.kind === 'boolean' ? '' : `=${flag.kind}`}`,
    right: `${flag.help}${describeDefault(flag)}`,
  }));
  const width = Math.max(...rows.map((row) => row.left.length)) + 2;
  return [`Usage: ${program} [flags]`, '', ...rows.map((row) => row.left.padEnd(width) + row.right), ''].join('\n');
}

function describeDefault(flag: Flag): string {
  const choices = flag.kind === 'string' && flag.choices ? ` (${flag.choices.join(' | ')})` : '';
  if (flag.required) return `${choices} (required)`;
  if (flag.default === undefined) return choices;
  const value = flag.kind === 'duration' ? formatDuration(flag.default) : String(flag.default);
  return value === '' ? choices : `${choices} (default ${value})`;
}

/**
 * Flags as a process takes them: `parseOptions(process.argv.slice(2), { ...commonOptions, … })`.
 * --help prints the usage and exits 0; a flag that is unknown, malformed or
 * missing is named on stderr with the usage, and the process exits 1.
 */
export function parseOptions<const S extends OptionSpecification>(
  args: readonly string[],
  specification: S,
  program = `kubelab ${basename(process.argv[1] ?? '', '.js')}`,
): Options<S> {
  try {
    const { help, options } = readOptions(args, specification);
    if (!help) return options;
    process.stdout.write(formatUsage(program, specification));
    return process.exit(0);
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    process.stderr.write(`${program}: ${error.message}\n\n${formatUsage(program, specification)}`);
    return process.exit(1);
  }
}

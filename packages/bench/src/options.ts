import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Bench } from './bench.js';

export interface BenchOptions {
  readonly benches: readonly Bench[];
  readonly quick: boolean;
  /** A file that the table is also written to. */
  readonly markdown?: string;
}

const FLAGS = {
  quick: { type: 'boolean', default: false },
  markdown: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const satisfies ParseArgsConfig['options'];

/** Throws, with a message for the user, for an unknown flag or bench. No names: all of them. */
export function readBenchOptions(args: readonly string[], known: readonly Bench[]): BenchOptions & { help: boolean } {
  const { values, positionals } = parseArgs({ args: [...args], options: FLAGS, allowPositionals: true });
  const chosen = positionals.map((name) => {
    const bench = known.find((candidate) => candidate.name === name);
    if (!bench) throw new Error(`there is no bench "${name}": ${known.map((each) => each.name).join(', ')}`);
    return bench;
  });
  return {
    benches: chosen.length > 0 ? chosen : known,
    quick: values.quick,
    help: values.help,
    ...(values.markdown === undefined ? {} : { markdown: values.markdown }),
  };
}

/** As {@link readBenchOptions}, for a process: --help ends it with 0, a mistake with 1. */
export function parseBenchOptions(args: readonly string[], known: readonly Bench[]): BenchOptions {
  try {
    const options = readBenchOptions(args, known);
    if (!options.help) return options;
    process.stdout.write(usage(known));
    return process.exit(0);
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n\n${usage(known)}`);
    return process.exit(1);
  }
}

function usage(known: readonly Bench[]): string {
  const width = Math.max(...known.map(({ name }) => name.length)) + 2;
  return [
    'Usage: npm run bench -- [--quick] [--markdown FILE] [NAME…]',
    '',
    ...known.map(({ name, title }) => `  ${name.padEnd(width)}${title}`),
    '',
    '  --quick           fewer rounds and objects: to see that all works, not to quote',
    '  --markdown FILE   write the table of figures to FILE, too',
    '',
  ].join('\n');
}

import { writeFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import type { Bench, Figure } from './bench.js';
import { createBenchContext } from './bench-context.js';
import { describeMachine, type Machine } from './measure/machine.js';
import type { BenchOptions } from './options.js';
import { figureLine } from './report/figure-line.js';
import { figuresTable } from './report/figures-table.js';
import { stopOnSignals } from './stop-on-signals.js';

/**
 * Runs the benches one after another. Figures go to stdout, a line of JSON each;
 * all else goes to stderr. Resolves with the exit code: 1 when a bench failed,
 * 130 after Ctrl-C. A figure that misses its target is no failure.
 */
export async function runBenches(options: BenchOptions): Promise<number> {
  const { signal: stop, ignore } = stopOnSignals(say);
  try {
    return await runAll(options, stop);
  } finally {
    ignore();
  }
}

async function runAll(options: BenchOptions, stop: AbortSignal): Promise<number> {
  const machine = await describeMachine();
  const figures: Figure[] = [];
  let failures = 0;
  for (const bench of options.benches) {
    if (stop.aborted) break;
    say(`# ${bench.name}: ${bench.title}`);
    try {
      for await (const figure of measure(bench, options, stop)) {
        figures.push(figure);
        process.stdout.write(figureLine(figure, machine, options.quick));
      }
    } catch (error) {
      if (stop.aborted) break;
      failures += 1;
      say(`${bench.name} failed: ${error instanceof Error ? error.message : inspect(error)}`);
    }
  }
  await writeTable(figures, machine, options);
  if (stop.aborted) return 130;
  return failures > 0 ? 1 : 0;
}

/** The bench's figures; what it has brought up is gone when they end. */
async function* measure(bench: Bench, { quick }: BenchOptions, signal: AbortSignal): AsyncGenerator<Figure> {
  const { context, close } = createBenchContext(bench.name, { quick, signal, say });
  try {
    yield* bench.run(context);
  } finally {
    await close();
  }
}

async function writeTable(figures: readonly Figure[], machine: Machine, options: BenchOptions): Promise<void> {
  if (figures.length === 0) return;
  const table = figuresTable(figures, machine, options.quick);
  process.stderr.write(`\n${table}`);
  if (options.markdown !== undefined) await writeFile(options.markdown, table);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

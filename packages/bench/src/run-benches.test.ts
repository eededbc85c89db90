import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Bench, BenchContext } from './bench.js';
import { runInFlight } from './measure/in-flight.js';
import { median } from './measure/statistics.js';
import { runBenches } from './run-benches.js';

/** A bench that needs nothing of the machine. */
function tinyBench(name: string, events: string[], onRun: (context: BenchContext) => void = () => {}): Bench {
  return {
    name,
    title: `a tiny bench called ${name}`,
    async *run(context) {
      context.defer(async () => void events.push(`${name} cleaned up`));
      const { latenciesMs } = await runInFlight(5, 2, async () => {});
      yield { name, value: latenciesMs.length, unit: 'requests', target: { value: 5, better: 'higher' } };
      onRun(context);
      yield { name: `${name}/second`, value: 0.12345, unit: '', beside: { p50Ms: median([1, 2, 3]) } };
    },
  };
}

describe('runBenches', () => {
  const out: string[] = [];
  const err: string[] = [];

  beforeEach(() => {
    out.length = 0;
    err.length = 0;
    vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => out.push(String(chunk)) > 0);
    vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => err.push(String(chunk)) > 0);
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('writes a line of JSON for each figure to stdout, and the table to stderr and the file', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'bench-test-'));
    try {
      const markdown = join(directory, 'figures.md');
      const events: string[] = [];
      const code = await runBenches({ benches: [tinyBench('one', events)], quick: false, markdown });
      expect(code).toBe(0);
      const lines = out
        .join('')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(lines[0]).toMatchObject({
        name: 'one',
        value: 5,
        unit: 'requests',
        target: 5,
        better: 'higher',
        met: true,
      });
      expect(lines[1]).toMatchObject({ name: 'one/second', value: 0.123, beside: { p50Ms: 2 } });
      expect(lines[0].machine).toMatchObject({ node: process.versions.node });
      const table = await readFile(markdown, 'utf8');
      expect(table).toContain('| one | 5 requests | ≥ 5 requests ✔ |  |');
      expect(table).toContain('| one/second | 0.123 |  | p50Ms 2 |');
      expect(err.join('')).toContain(table);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('goes on after a bench that fails, keeps its figures, cleans up and says so', async () => {
    const events: string[] = [];
    const failing = tinyBench('bad', events, () => {
      throw new Error('it broke');
    });
    const code = await runBenches({ benches: [failing, tinyBench('good', events)], quick: true });
    expect(code).toBe(1);
    expect(err.join('')).toContain('bad failed: it broke');
    expect(out.map((line) => JSON.parse(line).name)).toEqual(['bad', 'good', 'good/second']);
    expect(events).toEqual(['bad cleaned up', 'good cleaned up']);
  });

  it('stops at the first signal, cleans up and runs no further bench', async () => {
    const events: string[] = [];
    const listenersBefore = process.listenerCount('SIGINT');
    const stopped = tinyBench('stopped', events, ({ signal }) => {
      process.emit('SIGINT', 'SIGINT');
      signal.throwIfAborted();
    });
    const code = await runBenches({ benches: [stopped, tinyBench('never', events)], quick: false });
    expect(code).toBe(130);
    expect(events).toEqual(['stopped cleaned up']);
    expect(process.listenerCount('SIGINT')).toBe(listenersBefore);
  });
});

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

const TERM = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/y;

/**
 * Reads a Go duration (`40s`, `1m30s`, `100ms`, `-1.5h`, `0`) into milliseconds.
 * Throws a RangeError that quotes what it was given.
 */
export function parseDuration(text: string): number {
  const negative = text.startsWith('-');
  const body = text.replace(/^[+-]/, '');
  if (body === '0') return 0;
  let totalMs = 0;
  TERM.lastIndex = 0;
  let end = 0;
  for (let term = TERM.exec(body); term; term = TERM.exec(body)) {
    totalMs += Number(term[1]) * (UNIT_MS[term[2] ?? ''] ?? 0);
    end = TERM.lastIndex;
  }
  if (end === 0 || end !== body.length) {
    throw new RangeError(`invalid duration "${text}": expected numbers with units, such as 300ms, 40s or 1h30m`);
  }
  return negative ? -totalMs : totalMs;
}

/** Writes milliseconds as Go does: `1m30s`, `1h0m0s`, `250ms`, `0s`. Below a millisecond is rounded off. */
export function formatDuration(durationMs: number): string {
  const sign = durationMs < 0 ? '-' : '';
  const totalMs = Math.round(Math.abs(durationMs));
  if (totalMs === 0) return '0s';
  if (totalMs < 1_000) return `${sign}${totalMs}ms`;
  const hours = Math.floor(totalMs / 3_600_000);
  const minutes = Math.floor((totalMs % 3_600_000) / 60_000);
  const seconds = (totalMs % 60_000) / 1_000;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`;
}

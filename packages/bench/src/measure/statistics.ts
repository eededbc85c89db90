/** NaN of no samples. */
export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** The sample that `fraction` of all are not above, interpolated between its neighbours. NaN of no samples. */
export function quantile(samples: readonly number[], fraction: number): number {
  const sorted = Float64Array.from(samples).sort();
  const position = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/** To three significant digits, and whole numbers to the last: what a measurement is good for. */
export function rounded(value: number): number {
  return Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3));
}

/** Every number of the record {@link rounded}. */
export function roundedAll(record: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, rounded(value)]));
}

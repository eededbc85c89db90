import type { BenchCluster, BenchClusterOptions } from './cluster/bench-cluster.js';

/** One number that was measured. */
export interface Figure {
  /** `rest/create` */
  readonly name: string;
  readonly value: number;
  /** `s`, `ms`, `MB`, `requests/s`; a ratio has none: ''. */
  readonly unit: string;
  readonly target?: Target;
  /** What was measured in the same run, to judge the value by. Units are in the names. */
  readonly beside?: Readonly<Record<string, number>>;
}

export interface Target {
  readonly value: number;
  readonly better: 'higher' | 'lower';
}

/** What a bench has to work with. */
export interface BenchContext {
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Fewer rounds and objects: to see that all works, and not to quote. */
  readonly quick: boolean;
  /** A line of progress, for people. */
  say(line: string): void;
  /** A cluster for this bench alone, removed when the bench is over, however it ends. */
  startCluster(options: BenchClusterOptions): Promise<BenchCluster>;
  /** A name of the bench's own for a cluster, which is removed likewise. */
  reserveCluster(): string;
  /** Runs `kubelab ARGUMENTS` and resolves with what it wrote, each line handed to `onLine` as it comes. */
  kubelab(args: readonly string[], onLine?: (line: string) => void): Promise<string>;
  /** Called when the bench is over, last one first. */
  defer(cleanUp: () => Promise<void>): void;
}

/** Something to measure. Its figures are told as they are found; it ends by itself. */
export interface Bench {
  readonly name: string;
  /** One line for --help. */
  readonly title: string;
  run(context: BenchContext): AsyncIterable<Figure>;
}

/** Undefined where there is nothing to meet. */
export function meetsTarget({ value, target }: Figure): boolean | undefined {
  if (!target) return undefined;
  return target.better === 'higher' ? value >= target.value : value <= target.value;
}

/** How many there were, and how they were spread. NaN where there were none. */
export interface Distribution {
  readonly count: number;
  readonly average: number;
  readonly perc50: number;
  readonly perc90: number;
  readonly perc95: number;
  readonly perc99: number;
  readonly max: number;
}

export interface Throughput extends Omit<Distribution, 'count'> {
  /** Pods bound in each second since the start, as a rate; the last second may be shorter. */
  readonly samples: readonly { readonly atSeconds: number; readonly seconds: number; readonly pods: number }[];
}

export interface Spread {
  readonly min: number;
  readonly mean: number;
  readonly max: number;
  readonly standardDeviation: number;
}

/** How evenly the nodes were filled at the last binding, with all pods that the workload had on them. */
export interface Balance {
  readonly nodes: number;
  /** On nodes that the workload did not make. */
  readonly podsElsewhere: number;
  readonly pods: Spread;
  /** Of what a node has to give, 0 to 1. */
  readonly cpuShare: Spread;
  readonly memoryShare: Spread;
  /** Nodes with more requested than they have; there must be none. */
  readonly overcommitted: number;
  /** Pods by node, for a histogram. */
  readonly podsByNode: readonly number[];
}

export type Stage =
  | 'created → accepted'
  | 'accepted → seen'
  | 'created → queued'
  | 'queued → decided'
  | 'decided → bound'
  | 'created → bound'
  | 'accepted → bound'
  | 'bound → running'
  | 'created → running';

/** What happened in one stretch of the time that was measured. */
export interface TimelineSample {
  readonly atSeconds: number;
  readonly seconds: number;
  /** Bound in it. */
  readonly pods: number;
  /** Milliseconds, of the pods that were bound in it. */
  readonly stagesMs: Readonly<Partial<Record<Stage, Pick<Distribution, 'perc50' | 'perc99'>>>>;
  /** Pods on each node at its end. */
  readonly nodePods: Spread;
}

/** What one process used while it was measured. */
export interface ProcessUse {
  readonly name: string;
  readonly cpuSeconds: number;
  readonly cores: number;
  readonly peakMemoryBytes: number;
  /** It ended meanwhile; the one that may have taken its place is not counted. */
  readonly ended: boolean;
  readonly samples: readonly { readonly atSeconds: number; readonly cores: number; readonly memoryBytes: number }[];
}

/** What the scheduler itself counted meanwhile. */
export interface SchedulerCounts {
  /** By result: scheduled, unschedulable, error. */
  readonly attempts: Readonly<Record<string, number>>;
  readonly preemptionAttempts: number;
  /** Seconds, from its histograms. */
  readonly durations: Readonly<Record<string, Distribution>>;
}

/** One part of a workload that was measured. */
export interface Measurement {
  /** `SchedulingBasic/500Nodes/namespace-2` */
  readonly name: string;
  /** From its start to the last pod that was bound. */
  readonly seconds: number;
  readonly pods: number;
  readonly bound: number;
  /** Pods that were bound twice; there must be none. */
  readonly rebound: number;
  /** Pods of which an attempt was seen to fail. */
  readonly failedFirst: number;
  readonly throughput: Throughput;
  /** Milliseconds. */
  readonly latenciesMs: Readonly<Partial<Record<Stage, Distribution>>>;
  /** Sorted, for a chart; of `created → bound`. */
  readonly boundLatenciesMs: readonly number[];
  readonly balance: Balance;
  /** In stretches of 0.1 s or more, 60 of them at the most. */
  readonly timeline: readonly TimelineSample[];
  /** What a reader must know: what could not be measured, and why. */
  readonly notes: readonly string[];
  readonly scheduler?: SchedulerCounts;
  readonly processes: readonly ProcessUse[];
}

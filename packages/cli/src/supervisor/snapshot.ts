/** `waiting`: for those that come before it; `starting`: runs, not yet ready; `failing`: died, to be started again. */
export type ProcessState = 'waiting' | 'starting' | 'ready' | 'failing' | 'stopped';

/** How one process stands. */
export interface ProcessSnapshot {
  readonly name: string;
  readonly component: string;
  readonly node?: string;
  readonly state: ProcessState;
  readonly pid?: number;
  readonly restarts: number;
  /** What it last died of, or why it is not ready. */
  readonly message?: string;
}

/** How the cluster stands, as the supervisor tells whoever watches. */
export interface Snapshot {
  /** Counts how often cluster.json has been taken up: an `apply` is answered with the one it made. */
  readonly generation: number;
  readonly processes: readonly ProcessSnapshot[];
}

/** What may be asked of the supervisor: one JSON object a line, each answered by Snapshots, one a line. */
export type SupervisorRequest =
  /** Take up cluster.json; one answer. */
  | { readonly op: 'apply' }
  /** One answer now, and one after each change. */
  | { readonly op: 'watch' };

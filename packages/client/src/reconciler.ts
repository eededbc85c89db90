import type { TraceContext } from '@kubelab/runtime';
import type { Logger } from 'pino';

/**
 * Keys waiting to be reconciled. A key is held once however often it is added;
 * one that is being worked on is handed out again only afterwards.
 */
export interface WorkQueue {
  /** The newest trace context wins; none keeps the one that is there. */
  add(key: string, trace?: TraceContext): void;
  addAfter(key: string, delayMs: number, trace?: TraceContext): void;
  readonly size: number;
}

export interface ReconcileContext {
  /** Hand it to every write; the reconcile's own span. */
  readonly trace: TraceContext | undefined;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** Nothing: done until the next event. */
export interface ReconcileResult {
  readonly requeueAfterMs?: number;
}

/** Reads the present state, acts, writes status. Idempotent. A thrown error means again, with back-off. */
export type Reconcile = (key: string, context: ReconcileContext) => Promise<ReconcileResult | undefined>;

import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { DebugPages } from './debug-pages.js';
import type { HealthChecks } from './health.js';
import type { ReportingTracer } from './tracer.js';

/** What every component is given. Built by `runComponent`; a test makes its own. */
export interface ComponentContext {
  readonly log: Logger;
  readonly metrics: Registry;
  /** Its sink is set by whoever has a way to the apiserver's ring: `createComponentClient`. */
  readonly tracer: ReportingTracer;
  /** Not ready until the component has said that its checks are `complete`. */
  readonly health: HealthChecks;
  /** Served beside the metrics. Absent where nothing serves them. */
  readonly debugPages?: DebugPages;
}

/** A process's one object. Building it opens nothing; `run` does. */
export interface Component {
  /** `scheduler`, `kubelet`; with `instance`, what logs, spans and metrics are labelled with. */
  readonly name: string;
  readonly instance?: string;
  /** Resolves after a clean stop, once `signal` is aborted. Rejects on what it cannot go on after. */
  run(signal: AbortSignal, context: ComponentContext): Promise<void>;
}

/** Resolves when healthy, rejects with the reason when not. */
export type HealthCheck = () => Promise<void> | void;

/** The checks behind /healthz, /livez and /readyz. */
export interface HealthChecks {
  /** `live` checks answer /healthz and /livez; `ready` ones only /readyz. Names are unique. */
  add(name: string, kind: 'live' | 'ready', check: HealthCheck): void;
}

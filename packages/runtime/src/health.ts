/** Resolves when healthy, rejects with the reason when not. */
export type HealthCheck = () => Promise<void> | void;

/** The checks behind /healthz, /livez and /readyz. */
export interface HealthChecks {
  /** `live` checks answer /healthz and /livez; `ready` ones only /readyz. Names are unique. */
  add(name: string, kind: 'live' | 'ready', check: HealthCheck): void;
  /** Every check that a component has is there. Until then nothing is ready, whatever the checks say. */
  complete(): void;
}

export interface HealthResult {
  readonly name: string;
  /** Undefined when healthy. */
  readonly error: Error | undefined;
}

export interface HealthRegistry extends HealthChecks {
  /**
   * Runs the `live` checks, or all of them for `ready`, in the order they were added;
   * `ready` ends with a failed `startup` until they are complete. Never rejects.
   */
  run(kind: 'live' | 'ready'): Promise<readonly HealthResult[]>;
}

/** How long one check may take before it counts as failed. */
const CHECK_TIMEOUT_MS = 5_000;

const STARTING: HealthResult = { name: 'startup', error: new Error('the process is starting') };

export function createHealthChecks(): HealthRegistry {
  const checks = new Map<string, { kind: 'live' | 'ready'; check: HealthCheck }>();
  let complete = false;
  return {
    complete() {
      complete = true;
    },
    add(name, kind, check) {
      if (checks.has(name)) throw new Error(`a health check named ${name} is there already`);
      checks.set(name, { kind, check });
    },
    async run(kind) {
      // Asked for before the checks run: what is completed meanwhile has not been checked.
      const starting = kind === 'ready' && !complete ? [STARTING] : [];
      const wanted = [...checks].filter(([, entry]) => kind === 'ready' || entry.kind === 'live');
      return [...(await Promise.all(wanted.map(([name, entry]) => runCheck(name, entry.check)))), ...starting];
    },
  };
}

async function runCheck(name: string, check: HealthCheck): Promise<HealthResult> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${CHECK_TIMEOUT_MS} ms`)), CHECK_TIMEOUT_MS);
  });
  try {
    await Promise.race([Promise.resolve().then(check), timeout]);
    return { name, error: undefined };
  } catch (error) {
    return { name, error: error instanceof Error ? error : new Error(String(error)) };
  } finally {
    clearTimeout(timer);
  }
}

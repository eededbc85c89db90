import { setMaxListeners } from 'node:events';
import { isApiError, type Lease, type LeaseSpec, leases, type Persisted } from '@kubelab/api';
import { type Clock, sleep, systemClock } from '@kubelab/runtime';
import type { Logger } from 'pino';
import type { ApiClient } from './api-client.js';
import { getIfPresent } from './if-present.js';

export interface LeaderElectionOptions {
  readonly client: ApiClient;
  /** Default `kube-system`. */
  readonly namespace?: string;
  /** The lease's name, `kube-scheduler`. */
  readonly name: string;
  /**
   * Of this candidate, different from all others'. One that stays the same over
   * restarts lets a process that was killed go on leading at once.
   */
  readonly identity: string;
  /** How long the others wait after the last renewal that they saw. Default 15,000. */
  readonly leaseDurationMs?: number;
  /** A leader that could not renew for so long gives up. Default 10,000. */
  readonly renewDeadlineMs?: number;
  /** Between renewals, and between attempts where the lease cannot be watched. Default 2,000. */
  readonly retryPeriodMs?: number;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** What the leader does. Its signal aborts when leadership is lost, or with `signal`. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/** The leader could not renew its lease in time, or another took it. */
export class LeadershipLostError extends Error {
  constructor(name: string, options?: ErrorOptions) {
    super(`leadership of ${name} was lost`, options);
    this.name = 'LeadershipLostError';
  }
}

/**
 * Waits until this candidate holds the lease, runs, and renews meanwhile.
 * Resolves when `run` has ended or `signal` aborted, the lease being released;
 * rejects with what `run` threw, or with {@link LeadershipLostError} once `run`
 * has ended after the loss: the process should then start anew.
 *
 * As in Kubernetes (client-go, tools/leaderelection) no two clocks are compared:
 * a candidate counts the lease's duration from when it saw it change.
 */
export async function runWithLeaderElection(options: LeaderElectionOptions): Promise<void> {
  const { name, identity, log, signal, run } = options;
  const candidate = createCandidate(options);
  if (!(await candidate.acquire())) return;
  log.info({ lease: name, identity }, 'leading');
  const leading = new AbortController();
  // Everything that the leader does listens to it.
  setMaxListeners(0, leading.signal);
  const stopLeading = () => leading.abort(signal.reason);
  signal.addEventListener('abort', stopLeading, { once: true });
  if (signal.aborted) stopLeading();
  let lost: unknown;
  const renewing = candidate.renewUntil(leading.signal).catch((error: unknown) => {
    lost = error;
    log.error({ error, lease: name, identity }, 'no longer leading');
    leading.abort(error);
  });
  try {
    await run(leading.signal);
  } catch (error) {
    // What ends because of the loss may well end with an error.
    if (lost === undefined) throw error;
  } finally {
    signal.removeEventListener('abort', stopLeading);
    leading.abort();
    await renewing;
    if (lost === undefined) await candidate.release();
  }
  if (lost !== undefined) throw lost;
}

function createCandidate(options: LeaderElectionOptions) {
  const { client, namespace = 'kube-system', name, identity, log, signal, clock = systemClock } = options;
  const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2_000 } = options;
  const key = { namespace, name };
  let held: Persisted<Lease> | undefined;

  const spec = (previous: LeaseSpec | undefined): LeaseSpec => {
    const now = microTime(clock.now());
    const mine = previous?.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(leaseDurationMs / 1_000),
      acquireTime: mine ? (previous.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: (previous?.leaseTransitions ?? 0) + (mine || previous === undefined ? 0 : 1),
    };
  };

  /** Writes the lease as ours over exactly the version given. */
  const take = (present: Persisted<Lease> | undefined, timeoutMs: number): Promise<Persisted<Lease>> =>
    present
      ? client.update(leases, { ...present, spec: spec(present.spec) }, { signal, timeoutMs })
      : client.create(leases, { metadata: { namespace, name }, spec: spec(undefined) }, { signal, timeoutMs });

  /** Until the lease changes, or has not for so long that its holder must be gone. */
  const waitForChange = async (present: Persisted<Lease>): Promise<void> => {
    const waitMs = (present.spec?.leaseDurationSeconds ?? leaseDurationMs / 1_000) * 1_000;
    const over = new AbortController();
    const watching = AbortSignal.any([signal, over.signal]);
    const expired = sleep(waitMs, watching, clock).catch(() => {});
    const changed = firstChange(present, watching);
    await Promise.race([expired, changed]);
    over.abort();
    await Promise.all([expired, changed]);
  };

  const firstChange = async (present: Persisted<Lease>, watching: AbortSignal): Promise<void> => {
    const { resourceVersion } = present.metadata;
    const fieldSelector = `metadata.name=${name}`;
    try {
      for await (const event of client.watch(leases, { namespace, fieldSelector, resourceVersion, signal: watching })) {
        if (event.type !== 'BOOKMARK') return;
      }
    } catch (error) {
      log.debug({ error, lease: name }, 'the lease cannot be watched');
    }
    await sleep(retryPeriodMs, watching, clock).catch(() => {});
  };

  /** The lease as it is now; as it was where it cannot be read. */
  const reread = async (timeoutMs: number): Promise<Persisted<Lease> | undefined> => {
    try {
      return await getIfPresent(client, leases, key, { signal, timeoutMs });
    } catch (error) {
      log.debug({ error, lease: name }, 'the lease could not be read');
      return held;
    }
  };

  return {
    /** False where the signal aborted first. */
    async acquire(): Promise<boolean> {
      let seen: { version: string; sinceMs: number } | undefined;
      while (!signal.aborted) {
        try {
          const present = await getIfPresent(client, leases, key, { signal });
          const version = present?.metadata.resourceVersion ?? '';
          if (seen?.version !== version) seen = { version, sinceMs: clock.now() };
          if (!present || isFree(present, identity, clock.now() - seen.sinceMs)) {
            held = await take(present, renewDeadlineMs);
            return true;
          }
          log.debug({ lease: name, holder: present.spec?.holderIdentity }, 'another is leading');
          await waitForChange(present);
        } catch (error) {
          if (signal.aborted) return false;
          if (!isApiError(error)) throw error;
          log.debug({ error, lease: name }, 'the lease could not be taken');
          await sleep(retryPeriodMs * (0.5 + Math.random() / 2), signal, clock).catch(() => {});
        }
      }
      return false;
    },
    /** Rejects with LeadershipLostError; resolves when the signal aborts. */
    async renewUntil(stopped: AbortSignal): Promise<void> {
      let renewedMs = clock.now();
      let failure: unknown;
      for (;;) {
        const untilDeadlineMs = renewedMs + renewDeadlineMs - clock.now();
        const periodMs = failure === undefined ? retryPeriodMs : retryPeriodMs / 4;
        await sleep(Math.min(periodMs, untilDeadlineMs), stopped, clock).catch(() => {});
        if (stopped.aborted) return;
        const remainingMs = renewedMs + renewDeadlineMs - clock.now();
        if (remainingMs <= 0) throw new LeadershipLostError(name, { cause: failure });
        const startedMs = clock.now();
        try {
          held = await take(held, remainingMs);
          renewedMs = startedMs;
          failure = undefined;
        } catch (error) {
          if (stopped.aborted) return;
          failure = error;
          log.warn({ error, lease: name }, 'the lease could not be renewed');
          // What timed out may still have been written: then the next attempt is a Conflict, and ours.
          if (!isApiError(error, 'Conflict', 'NotFound')) continue;
          held = await reread(Math.max(renewedMs + renewDeadlineMs - clock.now(), 1));
          if (held?.spec?.holderIdentity !== identity) throw new LeadershipLostError(name, { cause: error });
        }
      }
    },
    /** Gives the lease back, so that another need not wait. A failure is only logged: the lease runs out by itself. */
    async release(): Promise<void> {
      if (!held) return;
      const now = microTime(clock.now());
      const { leaseTransitions } = held.spec ?? {};
      const released: LeaseSpec = {
        holderIdentity: '',
        leaseDurationSeconds: 1,
        acquireTime: now,
        renewTime: now,
        leaseTransitions,
      };
      try {
        await client.update(leases, { ...held, spec: released }, { timeoutMs: 2_000 });
        log.info({ lease: name }, 'released the lease');
      } catch (error) {
        log.warn({ error, lease: name }, 'the lease was not released');
      }
    },
  };
}

function isFree({ spec }: Persisted<Lease>, identity: string, unchangedMs: number): boolean {
  const holder = spec?.holderIdentity ?? '';
  if (holder === '' || holder === identity) return true;
  return unchangedMs >= (spec?.leaseDurationSeconds ?? 0) * 1_000;
}

/** RFC 3339 with microseconds: Kubernetes' MicroTime. */
function microTime(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 23)}000Z`;
}

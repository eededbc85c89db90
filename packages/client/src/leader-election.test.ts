import { ApiError, type Lease, type ObjectKey, type Persisted } from '@kubelab/api';
import { AsyncQueue, createManualClock, type ManualClock, sleep } from '@kubelab/runtime';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApiClient, CallOptions, WatchEvent, WatchOptions } from './api-client.js';
import { LeadershipLostError, runWithLeaderElection } from './leader-election.js';

const log = pino({ level: 'silent' });

/** One lease behind optimistic concurrency; each client may be cut off. */
class LeaseServer {
  lease: Persisted<Lease> | undefined;
  #version = 0;
  readonly #watchers = new Set<AsyncQueue<WatchEvent<Lease>>>();

  client(state: { cutOff: boolean; hangs: boolean }): ApiClient {
    const guard = async <R>(work: () => R, options?: CallOptions): Promise<R> => {
      options?.signal?.throwIfAborted();
      if (state.hangs) {
        await sleep(options?.timeoutMs ?? 30_000, options?.signal, clock);
        throw new ApiError('Timeout', 'no answer');
      }
      if (state.cutOff) throw new ApiError('ServiceUnavailable', 'cut off');
      return work();
    };
    return {
      get: (_: unknown, key: ObjectKey, options?: CallOptions) =>
        guard(() => {
          if (!this.lease) throw new ApiError('NotFound', `leases "${key.name}" not found`);
          return structuredClone(this.lease);
        }, options),
      create: (_: unknown, lease: Lease, options?: CallOptions) =>
        guard(() => {
          if (this.lease) throw new ApiError('AlreadyExists', 'there');
          return this.store(lease);
        }, options),
      update: (_: unknown, lease: Persisted<Lease>, options?: CallOptions) =>
        guard(() => {
          if (lease.metadata.resourceVersion !== this.lease?.metadata.resourceVersion)
            throw new ApiError('Conflict', 'changed');
          return this.store(lease);
        }, options),
      watch: (_: unknown, options: WatchOptions) => {
        const events = new AsyncQueue<WatchEvent<Lease>>({ capacity: 100 });
        if (state.cutOff) events.close(new ApiError('ServiceUnavailable', 'cut off'));
        this.#watchers.add(events);
        options.signal?.addEventListener('abort', () => events.close(), { once: true });
        return events;
      },
    } as unknown as ApiClient;
  }

  store(lease: Lease): Persisted<Lease> {
    const metadata = { ...lease.metadata, resourceVersion: String(++this.#version) };
    this.lease = structuredClone({ ...lease, metadata }) as Persisted<Lease>;
    for (const events of this.#watchers) events.push({ type: 'MODIFIED', object: this.lease, trace: undefined });
    return structuredClone(this.lease);
  }
}

let server: LeaseServer;
let clock: ManualClock;
const candidates: { stop: AbortController; ended: Promise<unknown> }[] = [];

beforeEach(() => {
  server = new LeaseServer();
  clock = createManualClock();
});
afterEach(async () => {
  for (const { stop } of candidates) stop.abort();
  await Promise.all(candidates.splice(0).map(({ ended }) => ended));
});

function startCandidate(identity: string, run?: (signal: AbortSignal) => Promise<void>) {
  const state = { cutOff: false, hangs: false, leading: false };
  const stop = new AbortController();
  const election = runWithLeaderElection({
    client: server.client(state),
    name: 'kube-scheduler',
    identity,
    log,
    clock,
    signal: stop.signal,
    run: async (signal) => {
      state.leading = true;
      try {
        await (run ?? ((until) => sleep(1e9, until, clock).catch(() => {})))(signal);
      } finally {
        state.leading = false;
      }
    },
  });
  const ended = election.then(
    () => 'resolved' as const,
    (error: unknown) => error,
  );
  const candidate = { state, stop, ended };
  candidates.push(candidate);
  return candidate;
}

describe('runWithLeaderElection', () => {
  it('leads at once where there is no lease, and renews it', async () => {
    const { state } = startCandidate('a');
    await clock.advance(0);
    expect(state.leading).toBe(true);
    expect(server.lease).toMatchObject({
      metadata: { namespace: 'kube-system', name: 'kube-scheduler' },
      spec: { holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 0 },
    });
    const { acquireTime } = server.lease?.spec ?? {};
    expect(acquireTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    await clock.advance(60_000);
    expect(server.lease?.spec).toMatchObject({ acquireTime });
    expect(Date.parse(server.lease?.spec?.renewTime ?? '')).toBeGreaterThanOrEqual(clock.now() - 2_000);
  });

  it('has one leader of two, and the other takes over at once when it stops', async () => {
    const first = startCandidate('a');
    await clock.advance(0);
    const second = startCandidate('b');
    await clock.advance(120_000);
    expect([first.state.leading, second.state.leading]).toEqual([true, false]);
    first.stop.abort();
    expect(await first.ended).toBe('resolved');
    await clock.advance(100);
    expect([first.state.leading, second.state.leading]).toEqual([false, true]);
    expect(server.lease?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
  });

  it.each(['cutOff', 'hangs'] as const)('never has two leaders when one %s, and gets another', async (fault) => {
    const first = startCandidate('a');
    await clock.advance(0);
    const second = startCandidate('b');
    await clock.advance(5_000);
    first.state[fault] = true;
    for (let step = 0; step < 40 && !second.state.leading; step++) {
      await clock.advance(500);
      expect(first.state.leading && second.state.leading).toBe(false);
    }
    expect(second.state.leading).toBe(true);
    expect(await first.ended).toBeInstanceOf(LeadershipLostError);
  });

  it('outlives an outage that is shorter than the deadline', async () => {
    const { state } = startCandidate('a');
    await clock.advance(0);
    state.cutOff = true;
    await clock.advance(8_000);
    state.cutOff = false;
    await clock.advance(60_000);
    expect(state.leading).toBe(true);
  });

  it('gives up when another has taken the lease', async () => {
    const { state, ended } = startCandidate('a');
    await clock.advance(0);
    server.store({ ...server.lease, spec: { ...server.lease?.spec, holderIdentity: 'thief' } });
    await clock.advance(2_100);
    expect(state.leading).toBe(false);
    expect(await ended).toBeInstanceOf(LeadershipLostError);
    expect(server.lease?.spec?.holderIdentity).toBe('thief');
  });

  it('goes on at once after a kill under the same identity, and waits under another', async () => {
    server.store({
      metadata: { namespace: 'kube-system', name: 'kube-scheduler' },
      spec: { holderIdentity: 'a', leaseDurationSeconds: 15 },
    });
    const other = startCandidate('b');
    await clock.advance(14_000);
    expect(other.state.leading).toBe(false);
    const same = startCandidate('a');
    await clock.advance(0);
    expect(same.state.leading).toBe(true);
  });

  it('takes a lease over that nobody has renewed for its duration', async () => {
    server.store({
      metadata: { namespace: 'kube-system', name: 'kube-scheduler' },
      spec: { holderIdentity: 'dead', leaseDurationSeconds: 15 },
    });
    const { state } = startCandidate('b');
    await clock.advance(14_999);
    expect(state.leading).toBe(false);
    await clock.advance(1_000);
    expect(state.leading).toBe(true);
  });

  it('waits for an apiserver that is away', async () => {
    const { state } = startCandidate('a');
    state.cutOff = true;
    await clock.advance(10_000);
    expect(state.leading).toBe(false);
    state.cutOff = false;
    await clock.advance(2_500);
    expect(state.leading).toBe(true);
  });

  it('releases the lease and rejects when the work fails', async () => {
    const { ended } = startCandidate('a', () => Promise.reject(new Error('no disk')));
    await clock.advance(1);
    expect(await ended).toMatchObject({ message: 'no disk' });
    expect(server.lease?.spec?.holderIdentity).toBe('');
  });
});

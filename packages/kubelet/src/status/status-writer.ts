import { deepEqual, isApiError, type Persisted, type Pod, type PodStatus, pods } from '@kubelab/api';
import { type ApiClient, getIfPresent } from '@kubelab/client';
import { type Clock, createBackoff, sleep, type TraceContext } from '@kubelab/runtime';
import type { Logger } from 'pino';
import { FifoQueue } from '../fifo-queue.js';
import type { ReadonlyPod } from '../pod.js';
import { RESIZE_CONDITIONS } from './pod-conditions.js';

/** Writes pods' statuses: only what has changed, the newest only, one write of a pod at a time. */
export interface StatusWriter {
  /** The status that the pod is to have. Returns at once; written again and again until the apiserver takes it. */
  set(pod: ReadonlyPod, status: PodStatus, trace: TraceContext | undefined): void;
  /** Resolves once the last status of the pod is written, or the pod is gone. */
  written(podUid: string): Promise<void>;
  /** How many pods wait for their turn to be written. */
  readonly backlog: number;
  /** The pod is no more: nothing of it is kept. */
  forget(podUid: string): void;
}

export interface StatusWriterOptions {
  readonly client: Pick<ApiClient, 'get' | 'updateStatus'>;
  /** The newest version that the informer holds of a pod. */
  readonly cached: (pod: ReadonlyPod) => ReadonlyPod | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** How many pods are written at a time; what changes while a pod waits is written as one. Default: no limit. */
  readonly concurrency?: number;
  /** Ends all writing. */
  readonly signal: AbortSignal;
}

interface Wanted {
  readonly pod: ReadonlyPod;
  readonly status: PodStatus;
  readonly trace: TraceContext | undefined;
}

interface Entry {
  wanted: Wanted | undefined;
  /** What the apiserver has answered last. */
  last: Persisted<Pod> | undefined;
  writing: Promise<void> | undefined;
}

export function createStatusWriter(options: StatusWriterOptions): StatusWriter {
  const { client, cached, clock, log, signal, concurrency = Number.POSITIVE_INFINITY } = options;
  /** Of pods that are being written, or whose last answer is newer than what the informer holds. */
  const entries = new Map<string, Entry>();

  /** Those that wait for their turn. */
  const queue = new FifoQueue<() => void>();
  let writing = 0;

  async function inTurn(work: () => Promise<void>): Promise<void> {
    if (writing < concurrency) writing += 1;
    else await new Promise<void>((resolve) => queue.push(resolve));
    try {
      await work();
    } finally {
      const next = queue.shift();
      if (next) next();
      else writing -= 1;
    }
  }

  async function drain(entry: Entry): Promise<void> {
    const backoff = createBackoff({ initialMs: 50, maxMs: 10_000 });
    while (entry.wanted && !signal.aborted) {
      let wanted: Wanted | undefined;
      try {
        await inTurn(async () => {
          wanted = entry.wanted;
          entry.wanted = undefined;
          if (wanted && !signal.aborted) await write(entry, wanted);
        });
        backoff.reset();
      } catch (error) {
        if (signal.aborted || !wanted) return;
        entry.wanted ??= wanted;
        const { namespace, name } = wanted.pod.metadata;
        log.warn({ error, namespace, pod: name }, 'cannot write the status of a pod');
        await sleep(backoff.next(), signal, clock).catch(() => undefined);
      }
    }
  }

  async function write(entry: Entry, wanted: Wanted): Promise<void> {
    let base = newest(entry, wanted.pod);
    for (;;) {
      if (base === undefined || base.metadata.uid !== wanted.pod.metadata.uid) return;
      const status = merge(base, wanted.status);
      if (deepEqual(status, base.status)) return;
      try {
        entry.last = await client.updateStatus(pods, { ...base, status }, { trace: wanted.trace, signal });
        return;
      } catch (error) {
        if (isApiError(error, 'NotFound')) return;
        if (!isApiError(error, 'Conflict')) throw error;
        const { namespace = '', name } = wanted.pod.metadata;
        base = await getIfPresent(client, pods, { namespace, name }, { signal });
      }
    }
  }

  /** The later of what the informer holds and what the last write answered. Only read. */
  function newest(entry: Entry, pod: ReadonlyPod): Persisted<Pod> | undefined {
    const known = (cached(pod) ?? pod) as Persisted<Pod>;
    const { last } = entry;
    if (last && Number(last.metadata.resourceVersion) > Number(known.metadata.resourceVersion)) return last;
    entry.last = undefined;
    return known;
  }

  return {
    set(pod, status, trace) {
      const { uid } = pod.metadata;
      const entry: Entry = entries.get(uid) ?? { wanted: undefined, last: undefined, writing: undefined };
      entries.set(uid, entry);
      entry.wanted = { pod, status, trace };
      entry.writing ??= drain(entry).finally(() => {
        entry.writing = undefined;
        if (entry.last === undefined && entries.get(uid) === entry) entries.delete(uid);
      });
    },
    async written(podUid) {
      for (let entry = entries.get(podUid); entry?.writing; entry = entries.get(podUid)) await entry.writing;
    },
    get backlog() {
      return queue.size;
    },
    forget: (podUid) => void entries.delete(podUid),
  };
}

/** What this kubelet does not own stays as it is: others' conditions and fields. */
function merge(base: Persisted<Pod>, wanted: PodStatus): PodStatus {
  const before = base.status ?? {};
  const own = new Set([...RESIZE_CONDITIONS, ...(wanted.conditions ?? []).map(({ type }) => type)]);
  const conditions = (wanted.conditions ?? []).map((condition) => {
    const known = before.conditions?.find(({ type }) => type === condition.type);
    const sameStatus = known?.status === condition.status && known.lastTransitionTime !== undefined;
    return sameStatus ? { ...condition, lastTransitionTime: known.lastTransitionTime } : condition;
  });
  const others = (before.conditions ?? []).filter(({ type }) => !own.has(type));
  const { reason: _reason, message: _message, ...kept } = before;
  return {
    ...kept,
    ...wanted,
    startTime: before.startTime ?? wanted.startTime,
    conditions: [...conditions, ...others],
  };
}

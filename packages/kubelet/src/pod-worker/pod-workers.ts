import { deepEqual, type Pod } from '@kubelab/api';
import type { Change, Informer } from '@kubelab/client';
import type { TraceContext } from '@kubelab/runtime';
import type { PodIdentity } from '../container-runtime/runtime.js';
import { admitPod, type NodeRoom } from '../node/admission.js';
import { forbiddenSysctl } from '../node/sysctl-admission.js';
import type { NodeObjects } from '../node-objects.js';
import { referencesOf } from '../object-references.js';
import type { ReadonlyPod } from '../pod.js';
import { pendingResize } from './allocation.js';
import { podIdentity } from './container-spec.js';
import type { PodFailure } from './pod-failure.js';
import { PodWorker, type PodWorkerOwner } from './pod-worker.js';
import type { PodWorkerContext } from './pod-worker-context.js';

/** What workers want of an informer on their node's pods. */
export type NodePods = Pick<Informer<Pod>, 'synced' | 'get' | 'list' | 'traceOf' | 'onChange'>;

export interface PodWorkersOptions {
  readonly context: PodWorkerContext;
  /** The pods that are bound to this node. */
  readonly pods: NodePods;
  readonly objects: Pick<NodeObjects, 'retain' | 'onChange'>;
  readonly room: () => NodeRoom;
  /** The same, asked of the apiserver. */
  readonly currentRoom: (signal: AbortSignal) => Promise<NodeRoom>;
  /** Kernel parameters that pods may set beyond the safe ones. Default: none. */
  readonly allowedUnsafeSysctls?: readonly string[] | undefined;
}

/** All pods of this node: those that the apiserver knows and those of which something is left. */
export interface PodWorkers {
  /** Waits for the first list of pods and of containers, then has them worked on until the signal aborts. */
  start(signal: AbortSignal): Promise<void>;
  /** After the signal: resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

export function createPodWorkers(options: PodWorkersOptions): PodWorkers {
  const { context, pods, objects, room, currentRoom, allowedUnsafeSysctls = [] } = options;
  const workers = new Map<string, PodWorker>();
  /** Pods that our copy of the node does not take, by uid, until the node itself has been asked for. */
  const doubted = new Set<string>();
  /** What is under way: syncs, and questions about doubted pods. */
  const work = new Set<Promise<void>>();
  let nextRank = 0;

  function follow(one: Promise<void>): void {
    const done = one.finally(() => work.delete(done));
    work.add(done);
  }

  let owner: PodWorkerOwner | undefined;
  function ownerFor(signal: AbortSignal): PodWorkerOwner {
    owner ??= {
      signal,
      working: follow,
      finished(worker) {
        workers.delete(worker.uid);
        wakeDeferred();
        if (!signal.aborted) objects.retain(pods.list());
      },
      pendingResize: (pod) => pendingResize(pod, othersOf(pod.metadata.uid), room()),
      released: wakeDeferred,
    };
    return owner;
  }

  /** The pods that hold resources of the node, with what they have been given. */
  function othersOf(uid: string): ReadonlyPod[] {
    return [...workers.values()].flatMap((worker) =>
      worker.uid !== uid && worker.isActive && worker.allocated ? [worker.allocated] : [],
    );
  }

  function wakeDeferred(): void {
    for (const worker of workers.values()) if (worker.isDeferred) worker.wake();
  }

  function ensure(identity: PodIdentity, rejection: PodFailure | undefined, signal: AbortSignal): PodWorker {
    const known = workers.get(identity.uid);
    if (known) return known;
    nextRank += 1;
    const worker = new PodWorker({ context, identity, rank: nextRank, rejection, owner: ownerFor(signal) });
    workers.set(identity.uid, worker);
    return worker;
  }

  /** Undefined for a pod that has run here before: it was taken then. */
  function rejectionOf(pod: ReadonlyPod, node: NodeRoom): PodFailure | undefined {
    const { uid, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp !== undefined || pod.status?.startTime || context.cache.of(uid).length > 0) return undefined;
    return admitPod(pod, othersOf(uid), node) ?? forbiddenSysctl(pod, allowedUnsafeSysctls);
  }

  function take(pod: ReadonlyPod, trace: TraceContext | undefined, signal: AbortSignal): void {
    const { uid } = pod.metadata;
    if (doubted.has(uid)) return;
    const known = workers.get(uid);
    if (known?.pod && hasNewMetadata(known.pod, pod)) known.refreshVolumes();
    if (known) known.update(pod, trace);
    else if (rejectionOf(pod, room())) doubt(pod, signal);
    else ensure(podIdentity(pod), undefined, signal).update(pod, trace);
  }

  /** The scheduler may have seen a label or a resource of the node before we have. */
  function doubt({ metadata: { uid, namespace, name } }: ReadonlyPod, signal: AbortSignal): void {
    const key = `${namespace}/${name}`;
    doubted.add(uid);
    const decide = currentRoom(signal)
      .catch(room)
      .then((node) => {
        doubted.delete(uid);
        const pod = pods.get(key);
        if (signal.aborted || pod?.metadata.uid !== uid) return;
        const rejection = rejectionOf(pod, node);
        if (rejection) {
          context.events.warning(pod, rejection.reason, rejection.message.replace(/^Pod was rejected: /, ''));
        }
        ensure(podIdentity(pod), rejection, signal).update(pod, pods.traceOf(key));
      });
    follow(decide);
  }

  function onPodChange(change: Change<Pod>, signal: AbortSignal): void {
    const { old, object, trace } = change;
    // A pod that was made again under its name between two lists is another one.
    if (old && old.metadata.uid !== object.metadata.uid) workers.get(old.metadata.uid)?.update(undefined, trace);
    if (change.type === 'deleted') workers.get(object.metadata.uid)?.update(undefined, trace);
    else take(object, trace, signal);
  }

  /** Whatever is here and belongs to no pod of the apiserver's. */
  async function collectOrphans(signal: AbortSignal): Promise<void> {
    const known = new Set([...pods.list()].map(({ metadata }) => metadata.uid));
    const leftovers = context.cache.pods().filter(({ uid }) => !known.has(uid));
    const directories = (await context.volumes.podUids()).filter((uid) => !known.has(uid));
    for (const identity of leftovers) ensure(identity, undefined, signal).update(undefined, undefined);
    for (const uid of directories)
      ensure({ uid, name: '', namespace: '' }, undefined, signal).update(undefined, undefined);
    for (const containerId of (await context.network.attached()).keys()) {
      if (!context.cache.get(containerId)) await context.network.tearDown({ containerId, pid: 0 }, signal);
    }
  }

  function wakeFor(podUid: string, signal: AbortSignal): void {
    const worker = workers.get(podUid);
    if (worker) {
      worker.wake();
      return;
    }
    const left = context.cache.of(podUid)[0];
    const isKnown = [...pods.list()].some(({ metadata }) => metadata.uid === podUid);
    if (left && !isKnown) ensure(left.pod, undefined, signal).update(undefined, undefined);
  }

  return {
    async start(signal) {
      await Promise.all([pods.synced(signal), context.cache.synced(signal)]);
      const oldestFirst = [...pods.list()].sort(
        (a, b) => Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp),
      );
      for (const pod of oldestFirst) take(pod, pods.traceOf(`${pod.metadata.namespace}/${pod.metadata.name}`), signal);
      pods.onChange((change) => onPodChange(change, signal));
      context.cache.onChange((podUid) => wakeFor(podUid, signal));
      objects.onChange((reference) => {
        for (const worker of workers.values()) {
          if (worker.pod && referencesOf(worker.pod).has(reference)) worker.refreshVolumes();
        }
      });
      await collectOrphans(signal).catch((error: unknown) => {
        if (!signal.aborted) context.log.warn({ error }, 'cannot remove what is left of other pods');
      });
    },
    async stop() {
      for (const worker of workers.values()) worker.stop();
      await Promise.all(work);
    },
  };
}

/** What the downward API shows of it has changed. */
function hasNewMetadata(before: ReadonlyPod, now: ReadonlyPod): boolean {
  return (
    !deepEqual(before.metadata.labels, now.metadata.labels) ||
    !deepEqual(before.metadata.annotations, now.metadata.annotations)
  );
}

/** Has workers work until the signal aborts, and waits for them. */
export async function runPodWorkers(workers: PodWorkers, signal: AbortSignal): Promise<void> {
  try {
    await workers.start(signal);
    await aborted(signal);
  } finally {
    await workers.stop();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

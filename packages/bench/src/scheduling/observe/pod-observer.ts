import { setTimeout as delay } from 'node:timers/promises';
import { type Pod, podRequestAmounts } from '@kubelab/api';
import { type RestClient, RestError } from '../../cluster/rest-client.js';
import type { Template } from '../workload/workload.js';
import type { ObservedPod, PodGroup } from './observed-pod.js';

const PATH = '/api/v1/pods';
const RECONNECT_MS = 200;
const STARTED = new Set(['Running', 'Succeeded', 'Failed']);

interface WatchLine {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: Pod & { readonly code?: number };
}

/**
 * Sees what becomes of the workload's pods, through one watch of all pods. It
 * goes on from where it was when the apiserver restarts, and lists again when
 * the apiserver has forgotten that.
 */
export class PodObserver {
  readonly #pods = new Map<string, { readonly pod: ObservedPod; readonly group: PodGroup }>();
  readonly #stop = new AbortController();
  #resourceVersion = '';
  #running: Promise<void> | undefined;

  constructor(private readonly client: RestClient) {}

  /** Resolves once the watch begins; from then on nothing is missed. */
  async start(): Promise<void> {
    await this.#list();
    this.#running = this.#watchOn();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Follows a pod that is about to be created. */
  expect(namespace: string, name: string, template: Template, group: PodGroup): ObservedPod {
    const amounts = podRequestAmounts(template as unknown as Pod);
    const pod: ObservedPod = {
      namespace,
      name,
      labels: template.metadata?.labels ?? {},
      requests: { cpuMilli: amounts.cpu ?? 0, memoryBytes: amounts.memory ?? 0 },
      sentMs: performance.now(),
      attemptFailed: false,
      rebound: 0,
    };
    this.#pods.set(`${namespace}/${name}`, { pod, group });
    group.pods.push(pod);
    return pod;
  }

  *pods(): Iterable<ObservedPod> {
    for (const { pod } of this.#pods.values()) yield pod;
  }

  async #list(): Promise<void> {
    const list = await this.client.get<{ metadata: { resourceVersion: string }; items: Pod[] }>(PATH);
    this.#resourceVersion = list.metadata.resourceVersion;
    const present = new Set<string>();
    for (const item of list.items) {
      present.add(keyOf(item));
      this.#apply('MODIFIED', item);
    }
    for (const [key, entry] of this.#pods)
      if (entry.pod.seenMs !== undefined && !present.has(key)) markGone(entry.pod, entry.group);
  }

  async #watchOn(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        if (this.#resourceVersion === '') await this.#list();
        await this.#watchOnce(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof RestError && error.status === 410) this.#resourceVersion = '';
        await delay(RECONNECT_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Resolves at the watch's end. */
  #watchOnce(signal: AbortSignal): Promise<void> {
    const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${this.#resourceVersion}`;
    return new Promise((resolve, reject) => {
      const onLine = (line: string): void => {
        const { type, object } = JSON.parse(line) as WatchLine;
        if (type === 'ERROR') {
          reject(new RestError(object.code ?? 500, line));
          return;
        }
        this.#resourceVersion = object.metadata?.resourceVersion ?? this.#resourceVersion;
        this.#apply(type, object);
      };
      this.client.watch(`${PATH}?${query}`, onLine, signal, resolve).catch(reject);
    });
  }

  #apply(type: WatchLine['type'], object: Pod): void {
    const entry = this.#pods.get(keyOf(object));
    if (!entry || type === 'BOOKMARK') return;
    const { pod, group } = entry;
    const nowMs = performance.now();
    pod.seenMs ??= nowMs;
    const node = object.spec?.nodeName;
    if (node && pod.node === undefined) {
      pod.node = node;
      pod.boundMs = nowMs;
      group.scheduled += 1;
    } else if (node && node !== pod.node) pod.rebound += 1;
    // One that ends at once may never be seen running.
    if (STARTED.has(object.status?.phase ?? '')) pod.runningMs ??= nowMs;
    noteCondition(pod, object);
    if (type === 'DELETED') markGone(pod, group);
  }
}

function noteCondition(pod: ObservedPod, object: Pod): void {
  const condition = object.status?.conditions?.find((each) => each.type === 'PodScheduled');
  if (condition?.status === 'False' && condition.reason === 'Unschedulable') pod.attemptFailed = true;
  if (condition?.status === 'True' && condition.lastTransitionTime)
    pod.scheduledConditionMs ??= Date.parse(condition.lastTransitionTime);
}

function markGone(pod: ObservedPod, group: PodGroup): void {
  if (pod.goneMs !== undefined) return;
  pod.goneMs = performance.now();
  if (pod.boundMs === undefined) group.lost += 1;
}

function keyOf({ metadata }: Pod): string {
  return `${metadata?.namespace}/${metadata?.name}`;
}

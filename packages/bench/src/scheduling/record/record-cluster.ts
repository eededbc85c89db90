import { setTimeout as delay } from 'node:timers/promises';
import type { PersistentVolumeClaim, Pod, PriorityClass } from '@kubelab/api';
import { type RestClient, RestError } from '../../cluster/rest-client.js';
import type { Template } from '../workload/workload.js';
import type { RecordedEvent, RecordedKind } from './recording.js';
import { stripClaim, stripNode, stripPod, stripPriorityClass, stripVolume } from './strip-object.js';

type Recorded = Pick<Pod, 'metadata'> & { readonly spec?: unknown; readonly status?: unknown };
type Place = Pick<RecordedEvent, 'namespace' | 'name'>;

interface WatchLine {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: Recorded & { readonly code?: number };
}

const RECONNECT_MS = 200;

/** What is watched, in the order in which what is there is told: a pod that is bound names a node, and a claim a volume. */
const WATCHED: readonly WatchedKind[] = [
  { kind: 'Node', path: '/api/v1/nodes', strip: stripNode, target: () => ({}) },
  { kind: 'PersistentVolume', path: '/api/v1/persistentvolumes', strip: stripVolume, target: () => ({}) },
  {
    kind: 'PersistentVolumeClaim',
    path: '/api/v1/persistentvolumeclaims',
    strip: stripClaim,
    target: ({ spec }: PersistentVolumeClaim) => (spec?.volumeName ? { volume: spec.volumeName } : {}),
  },
  {
    kind: 'Pod',
    path: '/api/v1/pods',
    strip: stripPod,
    target: ({ spec }: Pod) => (spec?.nodeName ? { node: spec.nodeName } : {}),
  },
];

interface WatchedKind {
  readonly kind: RecordedKind;
  readonly path: string;
  strip(object: Recorded): Template;
  /** What it has been bound to; nothing while it has not. */
  target(object: Recorded): Pick<RecordedEvent, 'node' | 'volume'>;
}

/** Tells of all nodes, volumes, claims and pods of a cluster, those that are there first, until the signal. */
export async function recordCluster(
  client: RestClient,
  onEvent: (event: RecordedEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const startedMs = performance.now();
  let begun = false;
  const now = (): number => (begun ? Math.round(performance.now() - startedMs) : 0);
  const recorders = WATCHED.map((watched) => new ResourceRecorder(client, watched, now, onEvent));
  const { items } = await client.get<{ items: PriorityClass[] }>('/apis/scheduling.k8s.io/v1/priorityclasses');
  for (const each of items)
    onEvent({
      atMs: 0,
      event: 'added',
      kind: 'PriorityClass',
      name: each.metadata?.name ?? '',
      object: stripPriorityClass(each),
    });
  for (const recorder of recorders) await recorder.list();
  begun = true;
  await Promise.all(recorders.map((recorder) => recorder.watchOn(signal)));
}

/** Turns lists and watches of one resource into events. */
class ResourceRecorder {
  /** By uid: whether it was bound. */
  readonly #known = new Map<string, { place: Place; bound: boolean }>();
  #resourceVersion = '';

  constructor(
    private readonly client: RestClient,
    private readonly watched: WatchedKind,
    private readonly nowMs: () => number,
    private readonly onEvent: (event: RecordedEvent) => void,
  ) {}

  async list(): Promise<void> {
    const { metadata, items } = await this.client.get<{ metadata: { resourceVersion: string }; items: Recorded[] }>(
      this.watched.path,
    );
    this.#resourceVersion = metadata.resourceVersion;
    const present = new Set(items.map((item) => item.metadata?.uid ?? ''));
    for (const uid of this.#known.keys()) if (!present.has(uid)) this.#deleted(uid);
    for (const item of items) this.#present(item);
  }

  /** Until the signal; lists again when the apiserver has forgotten where it was. */
  async watchOn(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#resourceVersion === '') await this.list();
        await this.#watchOnce(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof RestError && error.status === 410) this.#resourceVersion = '';
        await delay(RECONNECT_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #watchOnce(signal: AbortSignal): Promise<void> {
    const path = `${this.watched.path}?watch=true&allowWatchBookmarks=true&resourceVersion=${this.#resourceVersion}`;
    return new Promise((resolve, reject) => {
      const onLine = (line: string): void => {
        const { type, object } = JSON.parse(line) as WatchLine;
        if (type === 'ERROR') {
          reject(new RestError(object.code ?? 500, line));
          return;
        }
        this.#resourceVersion = object.metadata?.resourceVersion ?? this.#resourceVersion;
        if (type === 'DELETED') this.#deleted(object.metadata?.uid ?? '');
        else if (type !== 'BOOKMARK') this.#present(object);
      };
      this.client.watch(path, onLine, signal, resolve).catch(reject);
    });
  }

  #present(object: Recorded): void {
    const { uid = '', namespace, name = '' } = object.metadata ?? {};
    const place = { ...(namespace ? { namespace } : {}), name };
    const target = this.watched.target(object);
    const bound = Object.keys(target).length > 0;
    const known = this.#known.get(uid);
    if (!known) {
      this.#tell('added', place, { object: this.watched.strip(object), ...target });
    } else if (bound && !known.bound) this.#tell('bound', place, target);
    this.#known.set(uid, { place, bound });
  }

  #deleted(uid: string): void {
    const known = this.#known.get(uid);
    this.#known.delete(uid);
    if (known) this.#tell('deleted', known.place);
  }

  #tell(
    event: RecordedEvent['event'],
    place: Place,
    more: Pick<RecordedEvent, 'object' | 'node' | 'volume'> = {},
  ): void {
    this.onEvent({ atMs: this.nowMs(), event, kind: this.watched.kind, ...place, ...more });
  }
}

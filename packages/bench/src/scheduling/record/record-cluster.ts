import { setTimeout as delay } from 'node:timers/promises';
import type { Node, Pod, PriorityClass } from '@kubelab/api';
import { type RestClient, RestError } from '../../cluster/rest-client.js';
import type { RecordedEvent } from './recording.js';
import { stripNode, stripPod, stripPriorityClass } from './strip-object.js';

type Recorded = Pick<Pod, 'metadata'> & { readonly spec?: unknown; readonly status?: unknown };
type Place = Pick<RecordedEvent, 'namespace' | 'name'>;

interface WatchLine {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: Recorded & { readonly code?: number };
}

const RECONNECT_MS = 200;

/** Tells of all nodes and pods of a cluster, those that are there first, until the signal. */
export async function recordCluster(
  client: RestClient,
  onEvent: (event: RecordedEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const startedMs = performance.now();
  let begun = false;
  const now = (): number => (begun ? Math.round(performance.now() - startedMs) : 0);
  const nodes = new ResourceRecorder(client, 'Node', now, onEvent);
  const pods = new ResourceRecorder(client, 'Pod', now, onEvent);
  const { items } = await client.get<{ items: PriorityClass[] }>('/apis/scheduling.k8s.io/v1/priorityclasses');
  for (const each of items)
    onEvent({
      atMs: 0,
      event: 'added',
      kind: 'PriorityClass',
      name: each.metadata?.name ?? '',
      object: stripPriorityClass(each),
    });
  // Nodes first: a pod that is bound names one.
  await nodes.list();
  await pods.list();
  begun = true;
  await Promise.all([nodes.watchOn(signal), pods.watchOn(signal)]);
}

/** Turns lists and watches of one resource into events. */
class ResourceRecorder {
  /** By uid: whether it was bound. */
  readonly #known = new Map<string, { place: Place; bound: boolean }>();
  #resourceVersion = '';

  constructor(
    private readonly client: RestClient,
    private readonly kind: RecordedEvent['kind'],
    private readonly nowMs: () => number,
    private readonly onEvent: (event: RecordedEvent) => void,
  ) {}

  get #path(): string {
    return this.kind === 'Node' ? '/api/v1/nodes' : '/api/v1/pods';
  }

  async list(): Promise<void> {
    const { metadata, items } = await this.client.get<{ metadata: { resourceVersion: string }; items: Recorded[] }>(
      this.#path,
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
    const path = `${this.#path}?watch=true&allowWatchBookmarks=true&resourceVersion=${this.#resourceVersion}`;
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
    const node = this.kind === 'Pod' ? (object as Pod).spec?.nodeName || undefined : undefined;
    const known = this.#known.get(uid);
    if (!known) {
      const stripped = this.kind === 'Node' ? stripNode(object as Node) : stripPod(object as Pod);
      this.#tell('added', place, { object: stripped, ...(node ? { node } : {}) });
    } else if (node && !known.bound) this.#tell('bound', place, { node });
    this.#known.set(uid, { place, bound: node !== undefined });
  }

  #deleted(uid: string): void {
    const known = this.#known.get(uid);
    this.#known.delete(uid);
    if (known) this.#tell('deleted', known.place);
  }

  #tell(event: RecordedEvent['event'], place: Place, more: Pick<RecordedEvent, 'object' | 'node'> = {}): void {
    this.onEvent({ atMs: this.nowMs(), event, kind: this.kind, ...place, ...more });
  }
}

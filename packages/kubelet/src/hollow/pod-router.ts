import { type Pod, pods } from '@kubelab/api';
import { type ApiClient, type Change, createInformer, type Informer } from '@kubelab/client';
import type { Logger } from 'pino';
import type { ReadonlyPod } from '../pod.js';
import type { NodePods } from '../pod-worker/pod-workers.js';
import { ownObjects } from './own-objects.js';

/** The pods of many nodes from one watch, and each node's own part of it. */
export interface PodRouter {
  run(signal: AbortSignal): Promise<void>;
  synced(signal: AbortSignal): Promise<void>;
  get(key: string): ReadonlyPod | undefined;
  readonly size: number;
  /** `adopt` is called with each pod before anybody else hears of it. Once a node, before `run`. */
  ofNode(nodeName: string, adopt: (pod: ReadonlyPod) => void): NodePods;
}

const NODE_INDEX = 'node';

interface NodePart {
  readonly adopt: (pod: ReadonlyPod) => void;
  readonly handlers: ((change: Change<Pod>) => void)[];
}

export function createPodRouter(client: Pick<ApiClient, 'list' | 'watch'>, log: Logger): PodRouter {
  const parts = new Map<string, NodePart>();
  const own = ownObjects<Pod>(client, ({ spec }) => parts.has(spec?.nodeName ?? ''));
  const informer: Informer<Pod> = createInformer(
    own,
    pods,
    {
      // What is not scheduled yet is nobody's.
      fieldSelector: 'spec.nodeName!=',
      indexes: { [NODE_INDEX]: (pod) => [pod.spec?.nodeName ?? ''] },
    },
    log,
  );
  informer.onChange((change) => {
    const part = parts.get(change.object.spec?.nodeName ?? '');
    if (!part) return;
    const { type, object, old } = change;
    // One of the name of another is new, too.
    if (type === 'added' || (old && old.metadata.uid !== object.metadata.uid)) part.adopt(object);
    for (const handler of part.handlers) handler(change);
  });

  return {
    run: informer.run,
    synced: (signal) => informer.synced(signal),
    get: informer.get,
    get size() {
      return informer.size;
    },
    ofNode(nodeName, adopt) {
      const part: NodePart = { adopt, handlers: [] };
      parts.set(nodeName, part);
      return new OneNodesPods(informer, nodeName, part);
    },
  };
}

class OneNodesPods implements NodePods {
  readonly #informer: Informer<Pod>;
  readonly #nodeName: string;
  readonly #part: NodePart;

  constructor(informer: Informer<Pod>, nodeName: string, part: NodePart) {
    this.#informer = informer;
    this.#nodeName = nodeName;
    this.#part = part;
  }

  synced(signal?: AbortSignal): Promise<void> {
    return this.#informer.synced(signal);
  }

  get(key: string): ReadonlyPod | undefined {
    return this.#informer.get(key);
  }

  list(): Iterable<ReadonlyPod> {
    return this.#informer.byIndex(NODE_INDEX, this.#nodeName);
  }

  traceOf(key: string): ReturnType<Informer<Pod>['traceOf']> {
    return this.#informer.traceOf(key);
  }

  /** First with everything that is there, as informers do. */
  onChange(handler: (change: Change<Pod>) => void): void {
    this.#part.handlers.push(handler);
    for (const object of this.list()) {
      const key = `${object.metadata.namespace}/${object.metadata.name}`;
      handler({ type: 'added', key, object, old: undefined, trace: this.traceOf(key) });
    }
  }
}

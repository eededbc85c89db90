import {
  type ConfigMap,
  configMaps,
  type DeepReadonly,
  type KubernetesObject,
  type ResourceType,
  type Secret,
  secrets,
} from '@kubelab/api';
import { type ApiClient, createInformer, type Informer } from '@kubelab/client';
import type { Logger } from 'pino';
import type { ObjectLookups } from './object-lookups.js';
import { type ObjectReferenceKey, referencesOf } from './object-references.js';
import type { ReadonlyPod } from './pod.js';

/** The ConfigMaps and Secrets that this node's pods refer to, each watched for as long as one does. */
export interface NodeObjects extends ObjectLookups {
  /** Ends the watches of what none of these pods refers to. */
  retain(pods: Iterable<ReadonlyPod>): void;
  /** One of them has changed, appeared or gone. */
  onChange(handler: (reference: ObjectReferenceKey) => void): void;
}

interface Watched {
  readonly informer: Informer<KubernetesObject>;
  readonly stop: AbortController;
  readonly running: Promise<void>;
}

export interface NodeObjectsOptions {
  readonly client: ApiClient;
  readonly log: Logger;
  /** Ends every watch. */
  readonly signal: AbortSignal;
}

export function createNodeObjects({ client, log, signal }: NodeObjectsOptions): NodeObjects {
  const watched = new Map<ObjectReferenceKey, Watched>();
  const handlers: ((reference: ObjectReferenceKey) => void)[] = [];

  function watch(reference: ObjectReferenceKey, resource: ResourceType, namespace: string, name: string): Watched {
    const known = watched.get(reference);
    if (known) return known;
    const stop = new AbortController();
    const scope = { namespace, fieldSelector: `metadata.name=${name}` };
    const informer = createInformer(client, resource, scope, log);
    informer.onChange(() => {
      for (const handler of handlers) handler(reference);
    });
    const running = informer.run(AbortSignal.any([signal, stop.signal])).catch((error: unknown) => {
      if (!signal.aborted && !stop.signal.aborted) log.error({ error, reference }, 'lost a watch');
      watched.delete(reference);
    });
    const entry = { informer, stop, running };
    watched.set(reference, entry);
    return entry;
  }

  async function find<T extends KubernetesObject>(
    kind: 'ConfigMap' | 'Secret',
    resource: ResourceType<T>,
    namespace: string,
    name: string,
    caller: AbortSignal,
  ): Promise<DeepReadonly<T> | undefined> {
    const { informer } = watch(`${kind}/${namespace}/${name}`, resource as unknown as ResourceType, namespace, name);
    await informer.synced(caller);
    return informer.get(`${namespace}/${name}`) as DeepReadonly<T> | undefined;
  }

  return {
    configMap: (namespace, name, caller) => find<ConfigMap>('ConfigMap', configMaps, namespace, name, caller),
    secret: (namespace, name, caller) => find<Secret>('Secret', secrets, namespace, name, caller),
    retain(pods) {
      const referred = new Set([...pods].flatMap((pod) => [...referencesOf(pod)]));
      for (const [reference, { stop }] of watched) {
        if (referred.has(reference)) continue;
        stop.abort();
        watched.delete(reference);
      }
    },
    onChange: (handler) => void handlers.push(handler),
  };
}

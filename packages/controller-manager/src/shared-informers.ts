import { controllerOf, type KubernetesObject, type ResourceType } from '@kubelab/api';
import { type ApiClient, type Cached, createInformer, type Informer } from '@kubelab/client';
import type { ComponentContext } from '@kubelab/runtime';

/** Files an object under its controller's uid, or under `orphan/NAMESPACE`. */
export const CONTROLLER_INDEX = 'controller';
/** Files an object under the uid of each of its owners. */
export const OWNER_INDEX = 'owner';
/** Files an object under its `spec.nodeName`. */
export const NODE_INDEX = 'node';
/** Files an object under `NAMESPACE/NAME` of the Service that its label names. */
export const SERVICE_INDEX = 'service';

export const orphansOf = (namespace: string): string => `orphan/${namespace}`;

/** One informer a resource, whichever controllers use it. */
export interface SharedInformers {
  /** Call it while building: an informer starts with `run`. */
  for<T extends KubernetesObject>(resource: ResourceType<T>): Informer<T>;
  run(signal: AbortSignal): Promise<void>;
}

const indexes = {
  [CONTROLLER_INDEX]: (object: Cached<KubernetesObject>): readonly string[] => [
    controllerOf(object)?.uid ?? orphansOf(object.metadata.namespace ?? ''),
  ],
  [OWNER_INDEX]: (object: Cached<KubernetesObject>): readonly string[] =>
    (object.metadata.ownerReferences ?? []).map(({ uid }) => uid),
  [NODE_INDEX]: (object: Cached<KubernetesObject>): readonly string[] => {
    const name = (object as Cached<KubernetesObject & { spec?: { nodeName?: string } }>).spec?.nodeName;
    return name ? [name] : [];
  },
  [SERVICE_INDEX]: (object: Cached<KubernetesObject>): readonly string[] => {
    const name = object.metadata.labels?.['kubernetes.io/service-name'];
    return name ? [`${object.metadata.namespace}/${name}`] : [];
  },
};

export function createSharedInformers(client: ApiClient, log: ComponentContext['log']): SharedInformers {
  const informers = new Map<ResourceType, Informer<KubernetesObject>>();
  return {
    for<T extends KubernetesObject>(resource: ResourceType<T>): Informer<T> {
      const key = resource as unknown as ResourceType;
      const informer = informers.get(key) ?? createInformer<KubernetesObject>(client, key, { indexes }, log);
      informers.set(key, informer);
      return informer as unknown as Informer<T>;
    },
    async run(signal) {
      await Promise.all([...informers.values()].map((informer) => informer.run(signal)));
    },
  };
}

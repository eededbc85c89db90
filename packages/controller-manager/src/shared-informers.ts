import { controllerOf, type KubernetesObject, pods, type ResourceType, type Service, services } from '@kubelab/api';
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
/** Files a pod under each of its labels, and a Service under one that its selector asks for: `NAMESPACE/KEY=VALUE`. */
export const LABEL_INDEX = 'label';

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

const labelValue = (namespace: string | undefined, [key, value]: readonly [string, string]): string =>
  `${namespace}/${key}=${value}`;

/** The labels that find an object's counterparts: a pod's Services, a Service's pods. */
export const labelValuesOf = ({ metadata }: Cached<KubernetesObject>): string[] =>
  Object.entries(metadata.labels ?? {}).map((label) => labelValue(metadata.namespace, label));

/** One of the labels that a Service's pods must have; undefined where it selects none. */
export function selectorValueOf({ metadata, spec }: Cached<Service>): string | undefined {
  const [first] = Object.entries((spec?.selector ?? {}) as Record<string, string>);
  return first && labelValue(metadata.namespace, first);
}

/** Indexes that only one kind has use for. */
const ownIndexes = new Map<unknown, Readonly<Record<string, (object: Cached<KubernetesObject>) => readonly string[]>>>([
  [pods, { [LABEL_INDEX]: labelValuesOf }],
  [
    services,
    {
      [LABEL_INDEX]: (object) => {
        const value = selectorValueOf(object as Cached<Service>);
        return value === undefined ? [] : [value];
      },
    },
  ],
]);

export function createSharedInformers(client: ApiClient, log: ComponentContext['log']): SharedInformers {
  const informers = new Map<ResourceType, Informer<KubernetesObject>>();
  return {
    for<T extends KubernetesObject>(resource: ResourceType<T>): Informer<T> {
      const key = resource as unknown as ResourceType;
      const options = { indexes: { ...indexes, ...ownIndexes.get(resource) } };
      const informer = informers.get(key) ?? createInformer<KubernetesObject>(client, key, options, log);
      informers.set(key, informer);
      return informer as unknown as Informer<T>;
    },
    async run(signal) {
      await Promise.all([...informers.values()].map((informer) => informer.run(signal)));
    },
  };
}

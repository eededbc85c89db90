import {
  apiVersionOf,
  events,
  type KubernetesObject,
  keyOf,
  type OwnerReference,
  type ResourceType,
  resourceTable,
} from '@kubelab/api';
import type { Cached, Informer } from '@kubelab/client';
import { OWNER_INDEX, type SharedInformers } from '../../shared-informers.js';

/** An object that the collector works on, and where it is. */
export interface Item {
  readonly resource: ResourceType;
  readonly object: Cached<KubernetesObject>;
}

/** Where an owner is to be found. */
export interface OwnerPlace {
  readonly resource: ResourceType;
  readonly informer: Informer<KubernetesObject>;
  readonly namespace: string;
  readonly key: string;
}

type Reference = Readonly<Pick<OwnerReference, 'uid' | 'name' | 'kind' | 'apiVersion'>>;

/** Who owns whom, as all informers together show it. */
export interface OwnershipGraph {
  readonly watched: readonly { readonly resource: ResourceType; readonly informer: Informer<KubernetesObject> }[];
  dependentsOf(uid: string): Item[];
  /**
   * Where the owner would be: an owner is of its dependent's namespace or of
   * none. `unknown` for a kind that is not served here, `outside` for one of a
   * namespace whose dependent has none.
   */
  placeOf(object: Cached<KubernetesObject>, reference: Reference): OwnerPlace | 'unknown' | 'outside';
  /** The work queue's key of an object. */
  queueKeyOf(item: Item): string;
  find(queueKey: string): Item | undefined;
}

/** Events own nothing and nobody owns them; there are too many to hold. */
const collected = resourceTable.filter(
  ({ plural, stored, view, verbs = ['list'] }) =>
    plural !== events.plural && stored !== false && view === undefined && verbs.includes('list'),
);
/** An owner may be named in another version than it is stored in. */
const views = resourceTable.filter(({ view }) => view !== undefined);

export function createOwnershipGraph(informers: SharedInformers): OwnershipGraph {
  const watched = collected.map((resource) => ({ resource, informer: informers.for(resource) }));
  const byName = new Map(watched.map((each) => [`${each.resource.group}/${each.resource.plural}`, each]));
  const byKind = new Map(watched.map((each) => [`${apiVersionOf(each.resource)}/${each.resource.kind}`, each]));
  for (const resource of views) {
    const stored = watched.find((each) => each.resource === resource.view?.of);
    if (stored) byKind.set(`${apiVersionOf(resource)}/${resource.kind}`, stored);
  }
  return {
    watched,
    dependentsOf: (uid) =>
      watched.flatMap(({ resource, informer }) =>
        informer.byIndex(OWNER_INDEX, uid).map((object) => ({ resource, object })),
      ),
    placeOf(object, { apiVersion, kind, name }) {
      const found = byKind.get(`${apiVersion}/${kind}`);
      if (found === undefined) return 'unknown';
      const namespace = found.resource.namespaced ? (object.metadata.namespace ?? '') : '';
      if (found.resource.namespaced && namespace === '') return 'outside';
      return { ...found, namespace, key: keyOf({ metadata: { namespace, name } }) };
    },
    queueKeyOf: ({ resource, object }) => `${resource.group}/${resource.plural} ${keyOf(object)}`,
    find(queueKey) {
      const [place = '', key = ''] = queueKey.split(' ');
      const found = byName.get(place);
      const object = found?.informer.get(key);
      return found && object && { resource: found.resource, object };
    },
  };
}

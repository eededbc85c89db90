import type { KubernetesObject, Persisted } from '@kubelab/api';
import type { ApiClient, WatchEvent } from '@kubelab/client';

type Source = Pick<ApiClient, 'list' | 'watch'>;

/** A client for an informer that is to hold only some objects: the others pass by and leave only their versions. */
export function ownObjects<Kept extends KubernetesObject>(
  client: Source,
  isOwn: (object: Persisted<Kept>) => boolean,
): Source {
  const isAnyOwn = isOwn as unknown as (object: KubernetesObject) => boolean;
  return {
    async list(resource, options) {
      const page = await client.list(resource, options);
      return { ...page, items: page.items.filter(isAnyOwn) };
    },
    async *watch(resource, options) {
      for await (const event of client.watch(resource, options)) {
        if (event.type === 'BOOKMARK' || isAnyOwn(event.object)) yield event;
        else yield { type: 'BOOKMARK', object: event.object, trace: undefined } as WatchEvent<never>;
      }
    },
  };
}

import type { KubernetesObject, Persisted } from '@kubelab/api';
import type { ApiClient, WatchEvent } from '@kubelab/client';

type Source = Pick<ApiClient, 'list' | 'watch'>;

/**
 * A client for an informer that is to hold only some objects, and those without
 * what nobody here reads: the others pass by and leave only their versions.
 * `keep` answers undefined for an object that is none of ours.
 */
export function ownObjects<Kept extends KubernetesObject>(
  client: Source,
  keep: (object: Persisted<Kept>) => Persisted<Kept> | undefined,
): Source {
  const keepAny = keep as unknown as (object: KubernetesObject) => KubernetesObject | undefined;
  return {
    async list(resource, options) {
      const page = await client.list(resource, options);
      return { ...page, items: page.items.flatMap((item) => (keepAny(item) as typeof item | undefined) ?? []) };
    },
    async *watch(resource, options) {
      for await (const event of client.watch(resource, options)) {
        const object = event.type === 'BOOKMARK' ? event.object : keepAny(event.object);
        if (object) yield { ...event, object } as typeof event;
        else yield { type: 'BOOKMARK', object: event.object, trace: undefined } as WatchEvent<never>;
      }
    },
  };
}

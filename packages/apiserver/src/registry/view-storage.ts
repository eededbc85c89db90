import type { KubernetesObject, ObjectKey, Persisted, ResourceType, ResourceView } from '@kubelab/api';
import { type Parsed, recentlyParsed } from '../storage/recently-parsed.js';
import {
  type ListPage,
  type ListQuery,
  type ResourceStorage,
  type SelectableFacts,
  StorageConflict,
  type StoredEvent,
  type StoredObject,
  type WatchItem,
  type WatchQuery,
  type WriteContext,
} from '../storage/storage.js';

type Viewed = ResourceType & { readonly view: ResourceView };

/**
 * The storage of a kind as it looks in another version. All that the registry
 * reads of it and writes to it has the view's shape, so that every verb works
 * on a view as it does on what is stored. Versions are those of the storage.
 */
export function viewStorage(resource: Viewed, stored: ResourceStorage): ResourceStorage {
  const { view } = resource;
  /** Each stored state is converted, and encoded, once for those who read it at about the same time. */
  const objects = new WeakMap<StoredObject, StoredObject>();
  const events = new WeakMap<StoredEvent, StoredEvent>();

  function see(object: StoredObject): StoredObject {
    const known = objects.get(object);
    if (known) return known;
    const seen = new ViewedObject(object, view);
    objects.set(object, seen);
    return seen;
  }

  function seeEvent(event: StoredEvent): StoredEvent {
    const known = events.get(event);
    if (known) return known;
    const previous = event.previous && see(event.previous);
    const seen: StoredEvent = { type: event.type, current: see(event.current), previous };
    events.set(event, seen);
    return seen;
  }

  async function write(work: Promise<StoredObject>): Promise<StoredObject> {
    try {
      return see(await work);
    } catch (error) {
      if (!(error instanceof StorageConflict)) throw error;
      throw new StorageConflict(error.reason, error.present && see(error.present));
    }
  }

  return {
    resource,
    create: (key, object, context) => write(stored.create(key, view.toStored(object), context)),
    update: (key: ObjectKey, object: KubernetesObject, expectedVersion: string, context: WriteContext) =>
      write(stored.update(key, view.toStored(object), expectedVersion, context)),
    delete: (key, expectedVersion, context) => write(stored.delete(key, expectedVersion, context)),
    async get(...query) {
      const found = await stored.get(...query);
      return found && see(found);
    },
    getCached(key) {
      const found = stored.getCached(key);
      return found && see(found);
    },
    observe: (observer, options) => stored.observe((event) => observer(seeEvent(event)), options),
    async list(query: ListQuery): Promise<ListPage> {
      const { matches } = query;
      const page = await stored.list(matches ? { ...query, matches: (object) => matches(see(object)) } : query);
      return { ...page, items: page.items.map(see) };
    },
    watch: (query: WatchQuery) => seeItems(stored.watch(query), seeEvent),
  };
}

async function* seeItems(
  items: AsyncIterable<WatchItem>,
  seeEvent: (event: StoredEvent) => StoredEvent,
): AsyncGenerator<WatchItem> {
  for await (const item of items) yield item.kind === 'event' ? { kind: 'event', event: seeEvent(item.event) } : item;
}

/** One stored state, converted when it is looked at. */
class ViewedObject implements StoredObject, Parsed {
  readonly key: ObjectKey;
  readonly version: string;
  readonly trace: StoredObject['trace'];
  readonly #stored: StoredObject;
  readonly #view: ResourceView;
  #object: Persisted | undefined;
  #encoded: Buffer | undefined;
  #facts: SelectableFacts | undefined;
  #used = false;

  constructor(stored: StoredObject, view: ResourceView) {
    this.key = stored.key;
    this.version = stored.version;
    this.trace = stored.trace;
    this.#stored = stored;
    this.#view = view;
  }

  get object(): Persisted {
    if (this.#object !== undefined) {
      this.#used = true;
      return this.#object;
    }
    const object = this.#view.fromStored(this.#stored.object) as Persisted;
    this.#object = object;
    recentlyParsed.add(this);
    return object;
  }

  facts(read: (object: Persisted) => SelectableFacts): SelectableFacts {
    this.#facts ??= read(this.object);
    return this.#facts;
  }

  get encoded(): Buffer {
    this.#encoded ??= Buffer.from(JSON.stringify(this.object));
    return this.#encoded;
  }

  get sizeBytes(): number {
    return this.#stored.encoded.length * 2;
  }

  takeUse(): boolean {
    const used = this.#used;
    this.#used = false;
    return used;
  }

  forget(): void {
    this.#object = undefined;
    this.#encoded = undefined;
  }
}

export function isView(resource: ResourceType): resource is Viewed {
  return resource.view !== undefined;
}

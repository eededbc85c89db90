import { ApiError } from '@kubelab/api';
import type { Feed } from './feed.js';
import type { ResourceCache } from './resource-cache.js';
import type { StoredObject, WatchItem } from './storage.js';
import { lastVersionNumber, type VersionNumber, versionOf } from './versions.js';

export interface WatchStart {
  readonly namespace: string;
  /** Events above this version. */
  readonly number: VersionNumber;
  /** Told as ADDED first. */
  readonly initial: readonly StoredObject[];
  /** A bookmark says where the initial objects end. */
  readonly markEnd: boolean;
  readonly signal: AbortSignal;
}

/** Counts up when bookmarks are due; shared by all watchers. */
export interface BookmarkClock {
  readonly ticks: number;
}

/**
 * One watch: a place in the cache's window. It holds no events of its own, so a
 * reader however slow costs nothing; once the window has moved past its place,
 * it is dropped with Expired.
 */
export async function* readEvents(
  cache: ResourceCache,
  feed: Feed,
  clock: BookmarkClock,
  start: WatchStart,
): AsyncGenerator<WatchItem, void, void> {
  const { signal } = start;
  let window = cache.window;
  let place = window.firstAbove(start.number);
  let ticks = clock.ticks;
  /** Bookmarks must not go back behind where the watch began. */
  const bookmark = (initialEventsEnd: boolean): WatchItem => ({
    kind: 'bookmark',
    version: versionOf(Math.max(initialEventsEnd ? 0 : lastVersionNumber(feed.revision), start.number)),
    initialEventsEnd,
  });

  for (const current of start.initial) {
    if (signal.aborted) return;
    yield { kind: 'event', event: { type: 'ADDED', current, previous: undefined } };
  }
  if (start.markEnd) yield bookmark(true);
  while (!signal.aborted) {
    const entry = window.at(place);
    if (entry) {
      place++;
      const outside = start.namespace !== '' && entry.event.current.key.namespace !== start.namespace;
      if (!outside && entry.number > start.number) yield { kind: 'event', event: entry.event };
      continue;
    }
    if (place < window.first || window !== cache.window) throw tooOld(start.number, window.floor);
    if (ticks !== clock.ticks) {
      ticks = clock.ticks;
      yield bookmark(false);
      continue;
    }
    await changed(cache, signal);
    window = cache.window;
  }
}

/** 410, as a watch answers when its version is older than what is kept. */
export function tooOld(number: VersionNumber, oldest: VersionNumber): ApiError {
  return new ApiError('Expired', `too old resource version: ${number} (${oldest})`);
}

function changed(cache: ResourceCache, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const resume = (): void => {
      signal.removeEventListener('abort', resume);
      forget();
      resolve();
    };
    const forget = cache.onceChanged(resume);
    signal.addEventListener('abort', resume, { once: true });
    if (signal.aborted) resume();
  });
}

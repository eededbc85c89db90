import { setTimeout as delay } from 'node:timers/promises';
import { formatTraceparent, type WatchEventMessage, type WatchMessage } from '@kubelab/runtime';
import { bookmarkObject } from '../registry/encode-list.js';
import type { Target } from '../registry/registry.js';
import { encodedFor } from '../registry/request.js';
import type { Watch } from '../registry/watch.js';

/** Where a watch's messages go. Resolves when the next may be sent. */
export type SendEvent = (message: WatchEventMessage) => Promise<void> | undefined;

/** Sends every event of a watch, until its signal aborts or its time is up. Rejects as the watch does. */
export async function sendWatch(
  { allowBookmarks, timeoutSeconds, omitManagedFields }: WatchMessage,
  { target, watch }: { target: Target; watch: Watch },
  end: Pick<AbortController, 'signal' | 'abort'>,
  send: SendEvent,
): Promise<void> {
  const timer = timeoutSeconds > 0 ? endAfter(timeoutSeconds * 1000, end) : Promise.resolve();
  try {
    for await (const item of watch.items) {
      let message: WatchEventMessage | undefined;
      if (item.kind === 'event') {
        const event = watch.translate(item.event);
        const traceparent = event?.trace ? formatTraceparent(event.trace) : '';
        if (event) message = { type: event.type, object: encodedFor(event.answer, { omitManagedFields }), traceparent };
      } else if (allowBookmarks) {
        const object = bookmarkObject(target.resource, item.version, item.initialEventsEnd);
        message = { type: 'BOOKMARK', object: Buffer.from(JSON.stringify(object)), traceparent: '' };
      }
      const blocked = message && send(message);
      if (blocked !== undefined) await blocked;
    }
  } finally {
    end.abort();
    await timer;
  }
}

async function endAfter(timeoutMs: number, end: Pick<AbortController, 'signal' | 'abort'>): Promise<void> {
  try {
    await delay(Math.min(timeoutMs, 2 ** 31 - 1), undefined, { signal: end.signal });
    end.abort();
  } catch {
    // The watch ended first.
  }
}

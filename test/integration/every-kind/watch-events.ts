import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { RunningApiserver } from '../apiserver-fixture.js';

export interface WatchEvent {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: objects of every kind.
  readonly object: any;
}

/** What a watch of a collection begins with: all that is there, up to the bookmark that ends it. */
export async function initialEvents(
  server: RunningApiserver,
  collection: string,
  accept: string,
): Promise<WatchEvent[]> {
  const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
  const outgoing = request(server.requestOptions(`${collection}?${query}`, { headers: { accept } }));
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  // It is broken off on purpose.
  for (const side of [outgoing, response]) side.on('error', () => undefined);
  const events: WatchEvent[] = [];
  let rest = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const event = JSON.parse(line) as WatchEvent;
        if (event.type === 'BOOKMARK') return events;
        events.push(event);
      }
    }
  } finally {
    outgoing.destroy();
  }
  throw new Error(`the watch of ${collection} has ended: ${JSON.stringify(events.at(-1))}`);
}

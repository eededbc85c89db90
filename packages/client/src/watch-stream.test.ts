import type { WatchMessage } from '@kubelab/runtime';
import { expect, it } from 'vitest';
import type { ResponseHandler, Session } from './session.js';
import { openWatch } from './watch-stream.js';

const event = { type: 'MODIFIED', object: Buffer.from('{}'), traceparent: '' };

/** A session whose one request the test answers itself. */
function createSession() {
  let handler: ResponseHandler | undefined;
  let cancelled = false;
  const session: Session = {
    connected: true,
    start: (_, started) => {
      handler = started;
      return {
        cancel: () => {
          cancelled = true;
        },
      };
    },
    report: () => {},
    close: () => {},
  };
  const send = () => {
    if (!cancelled) handler?.received({ id: 1, response: 'event', event });
  };
  return { session, send, cancelled: () => cancelled };
}

it('ends for a reader that is too slow, after what was kept for it', async () => {
  const { session, send, cancelled } = createSession();
  const events = openWatch(session, {} as WatchMessage, undefined, 3);
  const first = events.next();
  for (let count = 0; count < 10; count++) send();
  expect(cancelled()).toBe(true);
  await first;
  let delivered = 1;
  const rest = async () => {
    while (!(await events.next()).done) delivered++;
  };
  await expect(rest()).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
  // One was handed over at once, three were kept.
  expect(delivered).toBe(4);
});

it('begins when it is read, and not at all once its signal has aborted', async () => {
  const stop = new AbortController();
  stop.abort();
  const { session } = createSession();
  session.start = () => expect.fail('it began');
  const unread = openWatch(session, {} as WatchMessage, undefined);
  expect(await openWatch(session, {} as WatchMessage, stop.signal).next()).toEqual({ value: undefined, done: true });
  await unread.return();
});

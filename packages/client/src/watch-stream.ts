import { ApiError, type KubernetesObject, type Persisted, type Status } from '@kubelab/api';
import { AsyncQueue, parseTraceparent, type WatchEventMessage, type WatchMessage } from '@kubelab/runtime';
import type { WatchEvent } from './api-client.js';
import type { Session } from './session.js';

/** Events that may wait for a slow reader, still encoded. */
const DEFAULT_CAPACITY = 16_384;

/**
 * A watch as an iterable. It begins when it is iterated over, ends with the
 * signal or with the server's end, and is cancelled when the reader leaves. A
 * reader that falls `capacity` events behind (16,384 by default) gets
 * ServiceUnavailable and may resume at the last version that it read.
 */
export async function* openWatch<T extends KubernetesObject>(
  session: Session,
  watch: WatchMessage,
  signal: AbortSignal | undefined,
  capacity = DEFAULT_CAPACITY,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  if (signal?.aborted) return;
  const queue = new AsyncQueue<WatchEventMessage>({ capacity });
  const request = session.start(
    { watch },
    {
      received: (message) => {
        if (message.response !== 'event') {
          queue.close();
        } else if (!queue.push(message.event)) {
          queue.close(new ApiError('ServiceUnavailable', `the watch is ${capacity} events behind`));
          request.cancel();
        }
      },
      failed: (error) => queue.close(error),
    },
  );
  const onAbort = () => {
    request.cancel();
    void queue.return();
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    for await (const event of queue) {
      yield decodeEvent<T>(event);
      if (signal?.aborted) return;
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    request.cancel();
  }
}

function decodeEvent<T extends KubernetesObject>({ type, object, traceparent }: WatchEventMessage): WatchEvent<T> {
  let decoded: unknown;
  try {
    decoded = JSON.parse(object.toString('utf8'));
  } catch (cause) {
    throw new ApiError('InternalError', 'the apiserver sent an event that is not JSON', { cause });
  }
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
    case 'BOOKMARK':
      return { type, object: decoded as Persisted<T>, trace: parseTraceparent(traceparent) };
    case 'ERROR':
      throw ApiError.fromStatus(decoded as Status);
    default:
      throw new ApiError('InternalError', `the apiserver sent an event of type "${type}"`);
  }
}

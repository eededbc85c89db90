import { randomInt } from 'node:crypto';
import type { KubernetesObject, ResourceType } from '@kubelab/api';
import { bookmarkObject } from '../registry/encode-list.js';
import { toApiError } from '../registry/to-api-error.js';
import type { Watch, WatchEvent } from '../registry/watch.js';
import type { Exchange } from './exchange.js';
import type { Representation } from './negotiation.js';
import { partialOf, tableOf } from './transformed.js';
import { type Framing, framingOf } from './watch-frames.js';
import type { WatchSink } from './watch-sink.js';

/** A watch without timeoutSeconds ends after this long or up to twice as long, so that clients spread over servers. */
const DEFAULT_TIMEOUT_SECONDS = 1800;
/** Collected before they are written: one TLS record for many small events. */
const MAX_BATCH_BYTES = 64 * 1024;

export interface WatchAnswer {
  readonly resource: ResourceType;
  readonly watch: Watch;
  readonly representation: Representation;
  readonly bookmarks: boolean;
  /** Aborting it ends the watch as its time-out does. */
  readonly end: AbortController;
  readonly timeoutSeconds: number | undefined;
  readonly sink: WatchSink;
}

/**
 * Streams a watch until its time is up, the client leaves or the server stops.
 * @throws ApiError where it could not begin
 */
export async function streamWatch(exchange: Exchange, answer: WatchAnswer): Promise<void> {
  const { end, watch, bookmarks, sink } = answer;
  await sink.begin();
  const timeoutSeconds = answer.timeoutSeconds || DEFAULT_TIMEOUT_SECONDS + randomInt(DEFAULT_TIMEOUT_SECONDS);
  const timer = setTimeout(() => end.abort(), Math.min(timeoutSeconds * 1000, 2 ** 31 - 1));
  const leave = () => end.abort();
  exchange.signal.addEventListener('abort', leave, { once: true });
  const writer = batchWriter(sink);
  const framing = framingOf(answer.representation.format, answer.resource);
  const encode = encoderOf(exchange, answer, framing);
  try {
    for await (const item of watch.items) {
      if (item.kind === 'bookmark') {
        if (bookmarks) writer.add(encode.bookmark(item.version, item.initialEventsEnd));
      } else {
        const event = watch.translate(item.event);
        if (event) writer.add(encode.event(event));
      }
      if (writer.isFull()) await writer.drained(end.signal);
    }
  } catch (error) {
    if (!end.signal.aborted) writer.add(framing.frame('ERROR', toApiError(error).toStatus()));
  } finally {
    clearTimeout(timer);
    exchange.signal.removeEventListener('abort', leave);
    writer.flush();
    sink.end();
  }
}

function encoderOf(exchange: Exchange, { resource, representation }: WatchAnswer, { shared, frame }: Framing) {
  let first = true;
  const shape = (object: KubernetesObject): object => {
    if (representation.as === 'partial') return partialOf(object, representation);
    const table = tableOf(exchange, resource, [object], representation, { includeHeaders: first });
    first = false;
    return table;
  };
  return {
    event: (event: WatchEvent): Buffer =>
      representation.as === 'none' ? shared(event) : frame(event.type, shape(event.answer.object)),
    bookmark(version: string, initialEventsEnd: boolean): Buffer {
      const object = bookmarkObject(resource, version, initialEventsEnd);
      if (representation.as !== 'table') {
        return frame('BOOKMARK', representation.as === 'none' ? object : partialOf(object, representation));
      }
      // A bookmark is no row: only its version counts.
      const table = tableOf(exchange, resource, [], representation, { includeHeaders: first });
      return frame('BOOKMARK', {
        ...table,
        metadata: object.metadata,
        rows: [{ cells: [], object: partialOf(object, representation) }],
      });
    },
  };
}

/** Writes what comes within one turn of the event loop together. */
function batchWriter(sink: WatchSink) {
  let batch: Buffer[] = [];
  let bytes = 0;
  let scheduled: NodeJS.Immediate | undefined;
  const flush = () => {
    clearImmediate(scheduled);
    scheduled = undefined;
    if (batch.length > 0) sink.send(batch);
    batch = [];
    bytes = 0;
  };
  return {
    flush,
    add(frame: Buffer) {
      batch.push(frame);
      bytes += frame.length;
      scheduled ??= setImmediate(flush);
    },
    isFull: () => sink.isSlow() || bytes >= MAX_BATCH_BYTES,
    /** The client reads slowly: the storage's buffer for this watch is what bounds the wait. */
    async drained(signal: AbortSignal) {
      flush();
      if (sink.isSlow()) await sink.drained(signal);
    },
  };
}

import type { ApiError } from '@kubelab/api';
import type { WatchEvent } from '../registry/watch.js';
import type { StoredEvent } from '../storage/storage.js';

/** Frames that any number of watchers send: encoded once an event. */
const shared = new WeakMap<StoredEvent, Buffer>();

const HEADS = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
};
const TAIL = Buffer.from('}\n');

/** One line of a watch answer. */
export function eventFrame(event: WatchEvent): Buffer {
  const key = event.shared;
  const known = key && shared.get(key);
  if (known) return known;
  const frame = Buffer.concat([HEADS[event.type], event.answer.encoded, TAIL]);
  if (key) shared.set(key, frame);
  return frame;
}

export function frameOf(type: string, object: unknown): Buffer {
  return Buffer.from(`${JSON.stringify({ type, object })}\n`);
}

export function errorFrame(error: ApiError): Buffer {
  return frameOf('ERROR', error.toStatus());
}

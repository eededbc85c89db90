import type { ApiError } from '@kubelab/api';
import type { WatchEvent } from '../registry/watch.js';
import { SharedFrames } from './shared-frames.js';

const shared = new SharedFrames(1024 * 1024);

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
  if (key) shared.add(key, frame);
  return frame;
}

export function frameOf(type: string, object: unknown): Buffer {
  return Buffer.from(`${JSON.stringify({ type, object })}\n`);
}

export function errorFrame(error: ApiError): Buffer {
  return frameOf('ERROR', error.toStatus());
}

import type { ResourceType } from '@kubelab/api';
import { encodeProtobufEvent } from '../protobuf/encode-protobuf.js';
import type { WatchEvent } from '../registry/watch.js';
import type { StoredEvent } from '../storage/storage.js';
import type { Format } from './negotiation.js';
import { protobufTypeOf } from './send-protobuf.js';
import { SharedFrames } from './shared-frames.js';

/** How the events of a watch go out. */
export interface Framing {
  /** The frame of an event as it is, made once whoever watches. */
  shared(event: WatchEvent): Buffer;
  /** One that is the watcher's own. */
  frame(type: string, object: object): Buffer;
}

const MAX_SHARED_BYTES = 1024 * 1024;

export function framingOf(format: Format, resource: ResourceType): Framing {
  return format === 'protobuf' ? protobufFraming(resource) : JSON_FRAMING;
}

const HEADS = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
};
const TAIL = Buffer.from('}\n');

/** A line each. */
const JSON_FRAMING: Framing = {
  shared: sharing((event) => Buffer.concat([HEADS[event.type], event.answer.encoded, TAIL])),
  frame: (type, object) => Buffer.from(`${JSON.stringify({ type, object })}\n`),
};

const sharedProtobuf = new SharedFrames<StoredEvent>(MAX_SHARED_BYTES);

function protobufFraming(resource: ResourceType): Framing {
  const frame: Framing['frame'] = (type, object) => encodeProtobufEvent(type, protobufTypeOf(resource, object), object);
  return { frame, shared: sharing(({ type, answer }) => frame(type, answer.object), sharedProtobuf) };
}

function sharing(
  make: (event: WatchEvent) => Buffer,
  frames = new SharedFrames<StoredEvent>(MAX_SHARED_BYTES),
): Framing['shared'] {
  return (event) => {
    const key = event.shared;
    const known = key && frames.get(key);
    if (known) return known;
    const frame = make(event);
    if (key) frames.add(key, frame);
    return frame;
  };
}

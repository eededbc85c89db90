import { LIST, MAGIC, RAW_EXTENSION, TYPE_META, UNKNOWN, V1BETA1_PARTIAL_LIST, WATCH_EVENT } from './envelope.js';
import { type MessageWriter, messageWriterOf } from './message-writer.js';
import { WireWriter } from './wire-writer.js';

export interface TypeMeta {
  readonly apiVersion: string;
  readonly kind: string;
}

/** What an object says that it is, and the definition of the schema that its fields have. */
export interface ProtobufType extends TypeMeta {
  readonly definition: string;
}

const DELIMITED = 2;
const LENGTH_BYTES = 4;

/** One for all: nothing is awaited while it is written to. */
const out = new WireWriter();

/** True where every field of a definition, at any depth, has its number. */
export function isEncodable(definition: string): boolean {
  return messageWriterOf(definition) !== undefined;
}

/**
 * An object in Kubernetes' protobuf, from its JSON form. What is not set is left out: to a reader in Go that is the
 * empty value, which Go itself would have written.
 */
export function encodeProtobuf(type: ProtobufType, object: object): Buffer {
  return written(() => writeObject(type, object));
}

/** An object's fields alone, as a list holds it. */
export function encodeMessage(definition: string, object: object): Buffer {
  return written(() => writerOf(definition)(out, object));
}

/** A list of what {@link encodeMessage} has made. */
export function encodeProtobufList(type: TypeMeta, metadata: object, items: readonly Buffer[]): Buffer {
  const isReversed = type.kind === 'PartialObjectMetadataList' && type.apiVersion === 'meta.k8s.io/v1beta1';
  const numbers = isReversed ? V1BETA1_PARTIAL_LIST : LIST;
  return written(() =>
    writeEnvelope(type, () => {
      for (let index = items.length - 1; index >= 0; index -= 1) {
        const before = out.length;
        out.bytes(items[index] as Buffer);
        closeField(before, numbers.items);
      }
      const before = out.length;
      writerOf('ListMeta')(out, metadata);
      closeField(before, numbers.metadata);
    }),
  );
}

/**
 * One event of a watch as it goes out: the length of the rest in four bytes, and a WatchEvent, without an envelope of
 * its own, around the object in one.
 */
export function encodeProtobufEvent(event: string, type: ProtobufType, object: object): Buffer {
  return written(() => {
    writeObject(type, object);
    closeField(0, RAW_EXTENSION.raw);
    closeField(0, WATCH_EVENT.object);
    writeText(event, WATCH_EVENT.type);
    out.frameLength();
  });
}

/** For who frames events himself: a message of WebSocket needs no length. */
export function withoutLength(frame: Buffer): Buffer {
  return frame.subarray(LENGTH_BYTES);
}

function written(write: () => void): Buffer {
  try {
    write();
    return out.take();
  } finally {
    out.clear();
  }
}

function writerOf(definition: string): MessageWriter {
  const write = messageWriterOf(definition);
  if (write === undefined) throw new Error(`there are no field numbers for all of ${definition}`);
  return write;
}

function writeObject(type: ProtobufType, object: object): void {
  const write = writerOf(type.definition);
  writeEnvelope(type, () => write(out, object));
}

/** As everything here, from the end to the beginning. */
function writeEnvelope({ apiVersion, kind }: TypeMeta, writeRaw: () => void): void {
  writeText('', UNKNOWN.contentType);
  writeText('', UNKNOWN.contentEncoding);
  const beforeRaw = out.length;
  writeRaw();
  closeField(beforeRaw, UNKNOWN.raw);
  const beforeType = out.length;
  writeText(kind, TYPE_META.kind);
  writeText(apiVersion, TYPE_META.apiVersion);
  closeField(beforeType, UNKNOWN.typeMeta);
  out.bytes(MAGIC);
}

function closeField(lengthBefore: number, number: number): void {
  out.delimit(lengthBefore);
  out.varint(number * 8 + DELIMITED);
}

function writeText(text: string, number: number): void {
  out.text(text);
  out.varint(number * 8 + DELIMITED);
}

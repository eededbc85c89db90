import { isAscii } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import type { KubernetesObject, ObjectKey, Persisted } from '@kubelab/api';
import { formatTraceparent, parseTraceparent, type TraceContext } from '@kubelab/runtime';
import type { KeyValue } from './etcd/messages.js';
import { type Parsed, recentlyParsed } from './recently-parsed.js';
import type { SelectableFacts, StoredObject } from './storage.js';
import { parseVersion, type VersionNumber, versionNumber, versionOf } from './versions.js';

/**
 * A value in etcd: one line of JSON that says of what write it is, a newline,
 * and the object as JSON without its resourceVersion (that is the key's mod
 * revision). Both can be read with etcdctl.
 */
export interface ValueHeader {
  /** Of the write; tells whose write it was when the answer to it was lost. */
  readonly writeId: string;
  /** W3C trace context of the write. */
  readonly traceparent?: string;
  /** Of the write in its transaction; absent where it was the first or only one. */
  readonly position?: number;
  /** Bytes of the object up to the inside of its `metadata`, where the resourceVersion belongs. */
  readonly metadataAt?: number;
  /** Bytes of the object before its managedFields, of these with the comma before them, and behind them. */
  readonly managedFields?: readonly [before: number, length: number, behind: number];
}

const NEWLINE = 0x0a;
const KEY = Buffer.from('"resourceVersion":"');
const KEY_END = Buffer.from('",');
const METADATA = Buffer.from('"metadata":{');
const MANAGED_FIELDS = ',"managedFields":';
const MANAGED_FIELDS_BYTES = Buffer.from(MANAGED_FIELDS);

let writeCount = 0;
const processId = randomBytes(6).toString('base64url');

/** Unique among all writes of all apiservers. */
export function newWriteId(): string {
  return `${processId}-${(writeCount++).toString(36)}`;
}

export function encodeHeader(
  writeId: string,
  trace: TraceContext | undefined,
  { position = 0, ...places }: Pick<ValueHeader, 'position' | 'metadataAt' | 'managedFields'> = {},
): Buffer {
  const header: ValueHeader = {
    writeId,
    ...(trace ? { traceparent: formatTraceparent(trace) } : {}),
    ...(position === 0 ? {} : { position }),
    ...places,
  };
  return Buffer.from(`${JSON.stringify(header)}\n`);
}

/** An object as it is stored, but for the header, which is known only once its transaction is. */
export interface EncodedObject {
  readonly body: Buffer;
  /** Of the header, what it says about the body. */
  readonly places: Pick<ValueHeader, 'metadataAt' | 'managedFields'>;
}

export function encodeObject(
  key: ObjectKey,
  object: KubernetesObject,
  type: { apiVersion: string; kind: string },
): EncodedObject {
  const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = object;
  const { resourceVersion: _version, managedFields, ...stored } = metadata ?? {};
  // Metadata comes first, and managedFields last in it, so that where they are is known without searching.
  const opening = `{"apiVersion":${JSON.stringify(type.apiVersion)},"kind":${JSON.stringify(type.kind)},"metadata":{`;
  const members = JSON.stringify({ name: key.name, ...stored }).slice(1, -1);
  const managed = managedFields === undefined ? '' : `${MANAGED_FIELDS}${JSON.stringify(managedFields)}`;
  const tail = JSON.stringify(rest).slice(1);
  const body = Buffer.from(`${opening}${members}${managed}}${tail === '}' ? '}' : `,${tail}`}`);
  const metadataAt = Buffer.byteLength(opening);
  if (managed === '') return { body, places: { metadataAt } };
  const before = metadataAt + Buffer.byteLength(members);
  const length = Buffer.byteLength(managed);
  return { body, places: { metadataAt, managedFields: [before, length, body.length - before - length] } };
}

/** The value of an object, ready for etcd. */
export function encodeValue(
  { body, places }: EncodedObject,
  writeId: string,
  trace: TraceContext | undefined,
  position: number,
): Buffer {
  return Buffer.concat([encodeHeader(writeId, trace, { position, ...places }), body]);
}

export interface DecodedValue {
  readonly header: ValueHeader;
  readonly body: Buffer;
}

/** A value without a readable header (put there by hand) has an empty one. */
export function decodeValue(value: Buffer): DecodedValue {
  const end = value.indexOf(NEWLINE);
  if (end < 0) return { header: { writeId: '' }, body: value };
  return { header: parseHeader(value.subarray(0, end)), body: value.subarray(end + 1) };
}

function parseHeader(line: Buffer): ValueHeader {
  try {
    const header: unknown = JSON.parse(line.toString());
    return typeof header === 'object' && header !== null && 'writeId' in header
      ? (header as ValueHeader)
      : { writeId: '' };
  } catch {
    return { writeId: '' };
  }
}

/** One version of one object. Its JSON is parsed when someone looks at it, and frozen; what selectors need is kept. */
export class StoredValue<T extends KubernetesObject = KubernetesObject> implements StoredObject<T>, Parsed {
  #object: Persisted<T> | undefined;
  #facts: SelectableFacts | undefined;
  #used = false;

  constructor(
    readonly key: ObjectKey,
    readonly encoded: Buffer,
    readonly version: string,
    readonly trace: TraceContext | undefined,
    /** Where `encoded` holds the resourceVersion member. */
    private readonly versionAt: number,
    /** Bytes of managedFields in `encoded`, and behind them; undefined where there are none, or nobody knows. */
    private readonly managedFields?: { readonly behind: number; readonly length: number },
  ) {}

  /** @throws SyntaxError where the stored JSON is broken. */
  static decode<T extends KubernetesObject>(
    key: ObjectKey,
    number: VersionNumber,
    value: DecodedValue,
  ): StoredValue<T> {
    const version = versionOf(number);
    const at = value.header.metadataAt ?? 0;
    const { body, metadataAt } = opensMetadata(value.body, at)
      ? { body: value.body, metadataAt: at }
      : withMetadataFirst(key, value.body);
    const encoded = insertVersion(body.subarray(0, metadataAt), version, body.subarray(metadataAt));
    const trace = parseTraceparent(value.header.traceparent);
    return new StoredValue(key, encoded, version, trace, metadataAt, managedFieldsIn(value));
  }

  /** @throws SyntaxError where the stored JSON is broken. */
  static fromEtcd<T extends KubernetesObject>(
    key: ObjectKey,
    kv: Pick<KeyValue, 'modRevision' | 'value'>,
    value: DecodedValue = decodeValue(kv.value),
  ): StoredValue<T> {
    return StoredValue.decode(key, numberOf(kv, value), value);
  }

  get object(): Persisted<T> {
    if (this.#object !== undefined) {
      this.#used = true;
      return this.#object;
    }
    const object = deepFreeze(JSON.parse(textOf(this.encoded)) as Persisted<T>);
    this.#object = object;
    recentlyParsed.add(this);
    return object;
  }

  /** Made for each that asks: it is a copy of some hundred bytes, and few ask. */
  get encodedWithoutManagedFields(): Buffer {
    if (this.managedFields === undefined) return this.encoded;
    const { behind, length } = this.managedFields;
    const to = this.encoded.length - behind;
    return Buffer.concat([this.encoded.subarray(0, to - length), this.encoded.subarray(to)]);
  }

  facts(read: (object: Persisted<T>) => SelectableFacts): SelectableFacts {
    this.#facts ??= read(this.object);
    return this.#facts;
  }

  get sizeBytes(): number {
    return this.encoded.length;
  }

  takeUse(): boolean {
    const used = this.#used;
    this.#used = false;
    return used;
  }

  forget(): void {
    this.#object = undefined;
  }

  /** The same state under another version: of its deletion. */
  at(version: string, trace: TraceContext | undefined): StoredValue<T> {
    const behind = this.versionAt + KEY.length + this.version.length + KEY_END.length;
    const encoded = insertVersion(this.encoded.subarray(0, this.versionAt), version, this.encoded.subarray(behind));
    return new StoredValue<T>(this.key, encoded, version, trace, this.versionAt, this.managedFields);
  }

  get number(): VersionNumber {
    return parseVersion(this.version);
  }
}

/** The number of the version that a value in etcd is. */
export function numberOf({ modRevision }: Pick<KeyValue, 'modRevision'>, { header }: DecodedValue): VersionNumber {
  return versionNumber(modRevision, header.position);
}

function insertVersion(before: Buffer, version: string, after: Buffer): Buffer {
  const length = before.length + KEY.length + version.length + KEY_END.length + after.length;
  // Not from the shared pool: these live long, and would keep whole slabs of it alive.
  const result = Buffer.allocUnsafeSlow(length);
  let offset = before.copy(result, 0);
  offset += KEY.copy(result, offset);
  offset += result.write(version, offset, 'latin1');
  offset += KEY_END.copy(result, offset);
  after.copy(result, offset);
  return result;
}

/** Whoever edits a value by hand leaves the header as it was. */
function opensMetadata(body: Buffer, at: number): boolean {
  return (
    at >= METADATA.length &&
    at < body.length &&
    body.compare(METADATA, 0, METADATA.length, at - METADATA.length, at) === 0
  );
}

/** Whoever edits a value by hand leaves the header as it was. */
function managedFieldsIn({ header, body }: DecodedValue): { behind: number; length: number } | undefined {
  if (!Array.isArray(header.managedFields)) return undefined;
  const [before, length, behind]: NonNullable<ValueHeader['managedFields']> = header.managedFields;
  const key = body.subarray(before, before + MANAGED_FIELDS_BYTES.length);
  const areThere = before + length + behind === body.length && key.equals(MANAGED_FIELDS_BYTES);
  return areThere ? { behind, length } : undefined;
}

/** For values that were not written by the storage. */
function withMetadataFirst(key: ObjectKey, body: Buffer): { body: Buffer; metadataAt: number } {
  const { metadata, ...rest } = JSON.parse(body.toString()) as KubernetesObject;
  const { resourceVersion: _version, ...stored } = metadata ?? {};
  const opening = '{"metadata":{';
  const tail = JSON.stringify(rest).slice(1);
  const json = `${opening}${JSON.stringify({ name: key.name, ...stored }).slice(1)}${tail === '}' ? '}' : `,${tail}`}`;
  return { body: Buffer.from(json), metadataAt: opening.length };
}

/** Decoding UTF-8 takes longer than all the rest of parsing, and most objects have nothing but ASCII. */
function textOf(encoded: Buffer): string {
  return encoded.toString(isAscii(encoded) ? 'latin1' : 'utf8');
}

/** Of what JSON.parse made: every member is its own, so that no list of them need be made. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const member in value) deepFreeze(value[member]);
  return Object.freeze(value);
}

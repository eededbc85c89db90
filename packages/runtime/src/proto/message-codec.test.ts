import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSync } from '@grpc/proto-loader';
import { describe, expect, it } from 'vitest';
import { PROTO_FILES, protoDirectory } from '../proto.js';
import { MessageCodecs } from './message-codec.js';
import { type FieldSchema, type ProtoSchema, parseProto } from './parse-proto.js';
import { serviceDefinitions } from './service-definition.js';

const directory = protoDirectory();
const reference = loadSync(
  PROTO_FILES.map((file) => join(directory, file)),
  { includeDirs: [directory], keepCase: false, longs: Number, enums: String, defaults: true, oneofs: true },
);
const schemas = PROTO_FILES.map((file) => parseProto(readFileSync(join(directory, file), 'utf8')));

interface ReferenceType {
  serialize(message: object): Buffer;
  deserialize(bytes: Buffer): Record<string, unknown>;
}

/** What @grpc/proto-loader does for a message, found by a method that takes it. */
function referenceOf(typeName: string): ReferenceType | undefined {
  for (const { services } of schemas) {
    for (const [service, methods] of services) {
      for (const { name, requestType, responseType } of methods) {
        const method = (reference[service] as unknown as Record<string, Record<string, never>>)[name] ?? {};
        if (requestType === typeName) {
          return {
            serialize: method.requestSerialize,
            deserialize: method.requestDeserialize,
          } as unknown as ReferenceType;
        }
        if (responseType === typeName) {
          return {
            serialize: method.responseSerialize,
            deserialize: method.responseDeserialize,
          } as unknown as ReferenceType;
        }
      }
    }
  }
  return undefined;
}

/** The same numbers in every run. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state % below;
  };
}

const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  string: ['', 'pods', 'Grüße, 世界 🎉', 'x'.repeat(200)],
  bytes: [Buffer.alloc(0), Buffer.from('{"kind":"Pod"}'), Buffer.alloc(130, 7)],
  bool: [true, false],
  int32: [0, 1, 137, -1, -(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 80, 127, 128, 65_535, 2 ** 32 - 1],
  int64: [0, 500, 2 ** 40 + 5, -1, -(2 ** 53), 1_700_000_000_123_456_800, '1700000000123456789'],
  uint64: [0, 1, 300, 2 ** 52],
};

function randomMessage(schema: ProtoSchema, typeName: string, random: (below: number) => number, depth = 0): object {
  const randomValue = (field: FieldSchema): unknown => {
    if (field.type === 'message') return randomMessage(schema, field.typeName, random, depth + 1);
    const values =
      field.type === 'enum' ? [...(schema.enums.get(field.typeName)?.keys() ?? [])] : (VALUES[field.type] ?? []);
    return values[random(values.length)];
  };
  const message: Record<string, unknown> = {};
  const held = new Set<string>();
  for (const field of schema.messages.get(typeName) ?? []) {
    const left = field.oneof === undefined ? 3 : 4;
    if (random(left) === 0 || (depth > 2 && field.type === 'message')) continue;
    if (field.oneof !== undefined && held.has(field.oneof)) continue;
    if (field.oneof !== undefined) held.add(field.oneof);
    if (field.rule === 'repeated') message[field.name] = Array.from({ length: random(4) }, () => randomValue(field));
    else if (field.rule === 'map') message[field.name] = { object: 'pods/a/b', ключ: '' };
    else message[field.name] = randomValue(field);
  }
  return message;
}

/** proto-loader names the oneof that stands behind an optional field. */
function withoutSynthetic(message: unknown): unknown {
  if (Array.isArray(message)) return message.map(withoutSynthetic);
  if (message === null || typeof message !== 'object' || Buffer.isBuffer(message)) return message;
  return Object.fromEntries(
    Object.entries(message)
      .filter(([name]) => !name.startsWith('_'))
      .map(([name, value]) => [name, withoutSynthetic(value)]),
  );
}

const types = schemas.flatMap((schema) => {
  const codecs = new MessageCodecs(schema);
  return [...schema.messages.keys()].flatMap((typeName) => {
    const other = referenceOf(typeName);
    return other ? [{ typeName, schema, codec: codecs.of(typeName), other }] : [];
  });
});

describe('codecs beside @grpc/proto-loader', () => {
  it('are compared for every message that a method takes or gives', () => {
    expect(types).toHaveLength(24);
  });

  it.each(types)('$typeName is read as the other has written it, and the other way round', (type) => {
    const { typeName, schema, codec, other } = type;
    const random = createRandom(42);
    for (let round = 0; round < 20; round++) {
      const message = randomMessage(schema, typeName, random);
      const theirs = other.serialize(message);
      const ours = codec.encode(message);
      const expected = withoutSynthetic(other.deserialize(theirs));
      expect(codec.decode(theirs)).toEqual(expected);
      expect(codec.decode(ours)).toEqual(expected);
      expect(withoutSynthetic(other.deserialize(ours))).toEqual(expected);
      expect(ours.length).toBeLessThanOrEqual(theirs.length);
    }
  });

  it('are of the same services', () => {
    for (const schema of schemas) {
      for (const [service, definition] of serviceDefinitions(schema)) {
        const streams = Object.entries(definition).map(([name, { path, requestStream, responseStream }]) => ({
          name,
          path,
          requestStream,
          responseStream,
        }));
        const theirs = Object.entries(reference[service] as unknown as typeof definition).map(
          ([name, { path, requestStream, responseStream }]) => ({ name, path, requestStream, responseStream }),
        );
        expect(streams).toEqual(theirs);
      }
    }
  });
});

const SCHEMA = parseProto(`syntax = "proto3";
  message Node { uint64 id = 1; oneof held { string text = 2; Node node = 3; } repeated Node nodes = 4; bytes data = 5; }`);
const codec = new MessageCodecs(SCHEMA).of('Node');

describe('a codec', () => {
  it('takes the last of several fields of a oneof', () => {
    const both = Buffer.concat([codec.encode({ text: 'a' }), codec.encode({ node: {} })]);
    expect(codec.decode(both)).toMatchObject({ held: 'node', node: { id: 0 } });
    expect(codec.decode(both)).not.toHaveProperty('text');
  });

  it('writes a field of a oneof though it holds nothing', () => {
    expect(codec.decode(codec.encode({ text: '' }))).toMatchObject({ held: 'text', text: '' });
  });

  it('skips fields that it does not know', () => {
    const unknown = Buffer.from([0x78, 5, 0x7a, 1, 9, 0x7d, 1, 2, 3, 4, 0x79, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(codec.decode(Buffer.concat([unknown, codec.encode({ id: 7 })]))).toMatchObject({ id: 7 });
  });

  it.each([
    ['a length beyond the end', [0x12, 5, 65], 'cut short'],
    ['an inner message beyond the outer one', [0x1a, 3, 0x12, 9, 65, 65, 65], 'cut short'],
    ['a tag without a value', [0x08], 'cut short'],
    ['an endless integer', [0x08, ...Array<number>(11).fill(0x80)], 'too long'],
    ['a fixed value beyond the end', [0x79, 1], 'cut short'],
    ['a group', [0x7b], 'no wire type 3'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => codec.decode(Buffer.from(bytes))).toThrow(message);
  });

  it('refuses messages that are nested too deeply', () => {
    let bytes = codec.encode({ id: 1 });
    const wrap = (inner: Buffer): Buffer => Buffer.concat([codec.encode({ data: inner }).fill(0x22, 0, 1)]);
    for (let depth = 0; depth < 200; depth++) bytes = wrap(bytes);
    expect(() => codec.decode(bytes)).toThrow('nested too deeply');
  });

  it.each([
    [{ text: 5 }, '5 is not a string'],
    [{ data: 'text' }, 'bytes are to be a Buffer'],
    [{ id: 1.5 }, '1.5 is not an integer'],
    [{ nodes: {} }, 'nodes is not a list'],
    [{ node: 'x' }, 'x is not a message'],
  ])('refuses to write %j', (message, error) => {
    expect(() => codec.encode(message)).toThrow(error);
  });
});

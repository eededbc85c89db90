import { describe, expect, it } from 'vitest';
import { resourceTable } from '../kinds/table.js';
import { buildOpenApiV2, type OpenApiV2 } from './document-v2.js';
import { encodeOpenApiV2 } from './protobuf-v2.js';
import { MessageWriter } from './protobuf-writer.js';

/** Field numbers to values, in order; the reader knows nothing of the message's type. */
type Field = readonly [number, Uint8Array | number];

function readFields(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const size = varint();
    if ((tag & 7) === 0) {
      fields.push([tag >> 3, size]);
      continue;
    }
    fields.push([tag >> 3, bytes.subarray(at, at + size)]);
    at += size;
  }
  expect(at).toBe(bytes.length);
  return fields;
}

function messages(bytes: Uint8Array | undefined, field: number): Uint8Array[] {
  return readFields(bytes ?? new Uint8Array()).flatMap(([number, value]) =>
    number === field && typeof value !== 'number' ? [value] : [],
  );
}

function texts(bytes: Uint8Array | undefined, field: number): string[] {
  return messages(bytes, field).map((value) => new TextDecoder().decode(value));
}

/** The value of a pair in a list of named messages. */
function lookUp(list: readonly Uint8Array[], name: string): Uint8Array | undefined {
  return messages(
    list.find((pair) => texts(pair, 1)[0] === name),
    2,
  )[0];
}

describe('MessageWriter', () => {
  it('writes the wire format', () => {
    const inner = new MessageWriter().string(1, 'é').boolean(2, true).boolean(3, false).string(4, '');
    const message = new MessageWriter().message(31, inner).strings(1, ['', 'a']).message(2, new MessageWriter());
    expect(Buffer.from(message.finish()).toString('hex')).toBe('fa01060a02c3a910010a000a01611200');
  });

  it('writes long lengths', () => {
    const bytes = new MessageWriter().string(1, 'x'.repeat(300)).finish();
    expect([...bytes.subarray(0, 3)]).toEqual([0x0a, 0xac, 0x02]);
    expect(bytes.length).toBe(303);
  });
});

describe('encodeOpenApiV2', () => {
  const document: OpenApiV2 = buildOpenApiV2(resourceTable, {}, { title: 'Kubernetes', version: 'v1' });
  const bytes = encodeOpenApiV2(document);
  const definitions = messages(messages(bytes, 9)[0], 1);
  const paths = messages(messages(bytes, 8)[0], 2);

  it('says what it is', () => {
    expect(texts(bytes, 1)).toEqual(['2.0']);
    expect(texts(messages(bytes, 2)[0], 1)).toEqual(['Kubernetes']);
    expect(texts(messages(bytes, 2)[0], 2)).toEqual(['v1']);
  });

  it('holds every definition and path', () => {
    expect(definitions.map((pair) => texts(pair, 1)[0])).toEqual(Object.keys(document.definitions));
    expect(paths.map((pair) => texts(pair, 1)[0])).toEqual(Object.keys(document.paths));
  });

  it('encodes a definition with its extensions', () => {
    const podSpec = lookUp(definitions, 'io.k8s.api.core.v1.PodSpec');
    expect(texts(podSpec, 19)).toEqual(['containers']);
    expect(texts(messages(podSpec, 22)[0], 1)).toEqual(['object']);
    const containers = lookUp(messages(messages(podSpec, 25)[0], 1), 'containers');
    expect(texts(messages(messages(containers, 23)[0], 1)[0], 1)).toEqual([
      '#/definitions/io.k8s.api.core.v1.Container',
    ]);
    const extension = lookUp(messages(containers, 31), 'x-kubernetes-patch-merge-key');
    expect(texts(extension, 2)).toEqual(['"name"\n']);
    const nodeSelector = lookUp(messages(messages(podSpec, 25)[0], 1), 'nodeSelector');
    expect(texts(messages(messages(messages(nodeSelector, 21)[0], 1)[0], 22)[0], 1)).toEqual(['string']);
  });

  it('encodes an operation with its parameters, answers and kind', () => {
    const item = lookUp(paths, '/api/v1/namespaces/{namespace}/pods/{name}');
    const patch = messages(item, 8)[0];
    expect(texts(patch, 5)).toEqual(['patchCoreV1NamespacedPod']);
    const query = messages(patch, 8).flatMap((parameter) => messages(messages(messages(parameter, 1)[0], 2)[0], 3));
    expect(query.flatMap((parameter) => texts(parameter, 4))).toContain('dryRun');
    const body = messages(patch, 8).flatMap((parameter) => messages(messages(parameter, 1)[0], 1));
    expect(texts(body[0], 2)).toEqual(['body']);
    const path = messages(item, 9).flatMap((parameter) => messages(messages(messages(parameter, 1)[0], 2)[0], 4));
    expect(path.flatMap((parameter) => texts(parameter, 4))).toEqual(['namespace', 'name']);
    expect(path.flatMap((parameter) => texts(parameter, 5))).toEqual(['string', 'string']);
    const answer = lookUp(messages(messages(patch, 9)[0], 1), '200');
    expect(texts(messages(messages(messages(answer, 1)[0], 2)[0], 1)[0], 1)).toEqual([
      '#/definitions/io.k8s.api.core.v1.Pod',
    ]);
    const kind = lookUp(messages(patch, 13), 'x-kubernetes-group-version-kind');
    expect(JSON.parse(texts(kind, 2)[0] ?? '')).toEqual({ group: '', version: 'v1', kind: 'Pod' });
  });
});

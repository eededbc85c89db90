import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type RequestInput, type RunningApiserver, startApiserver } from './apiserver-fixture.js';
import { EVERY_OBJECT, NAMESPACES } from './every-kind/every-object.js';

// What a Go client asks for by ContentType "application/vnd.kubernetes.protobuf".

let etcd: EtcdProcess;
let server: RunningApiserver;

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const PARTIAL = `${PROTOBUF};as=PartialObjectMetadata;g=meta.k8s.io;v=v1`;
const PARTIAL_LIST = PARTIAL.replace('Metadata', 'MetadataList');
const CONFIG_MAP = (name: string) => ({ metadata: { name, labels: { of: 'protobuf' } }, data: { a: '1' } });

beforeAll(async () => {
  etcd = await startEtcd();
  server = await startApiserver({ etcd: etcd.endpoint });
  for (const name of NAMESPACES) {
    await server.fetch('/api/v1/namespaces', { method: 'POST', body: { metadata: { name } } });
  }
  for (const name of ['one', 'two']) {
    expect((await server.fetch(CONFIG_MAPS, { method: 'POST', body: CONFIG_MAP(name) })).status).toBe(201);
  }
});

afterAll(async () => {
  await server?.stop();
  await etcd?.stop();
});

interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly bytes: Buffer;
}

/** Asks with nothing but protobuf accepted, unless it is said otherwise. */
async function ask(path: string, input: RequestInput = {}): Promise<Answer> {
  const { body } = input;
  const outgoing = request(server.requestOptions(path, { ...input, headers: { accept: PROTOBUF, ...input.headers } }));
  outgoing.end(body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body));
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const chunks = (await response.toArray()) as Buffer[];
  return {
    status: response.statusCode ?? 0,
    type: response.headers['content-type'],
    bytes: Buffer.concat(chunks),
  };
}

type Message = Map<number, (Buffer | number)[]>;

/** Every field of a message by its number, in the order in which they come. */
function read(bytes: Buffer): Message {
  const message: Message = new Map();
  let offset = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[offset++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (offset < bytes.length) {
    const tag = varint();
    const value = varint();
    const isBytes = (tag & 7) === 2;
    const values = message.get(tag >>> 3) ?? [];
    values.push(isBytes ? bytes.subarray(offset, offset + value) : value);
    message.set(tag >>> 3, values);
    if (isBytes) offset += value;
  }
  return message;
}

/** Follows field numbers down. */
function at(bytes: Buffer, ...path: number[]): Buffer {
  const found = path.reduce((message, number) => read(message).get(number)?.[0] as Buffer, bytes);
  expect(found, `field ${path}`).toBeDefined();
  return found;
}

const textAt = (bytes: Buffer, ...path: number[]) => at(bytes, ...path).toString();

/** What an envelope says of what is in it, and what that is. */
function open(bytes: Buffer): { type: string; raw: Buffer } {
  expect(bytes.subarray(0, 4)).toEqual(Buffer.from('k8s\0'));
  const unknown = bytes.subarray(4);
  expect([textAt(unknown, 3), textAt(unknown, 4)]).toEqual(['', '']);
  return { type: `${textAt(unknown, 1, 1)} ${textAt(unknown, 1, 2)}`, raw: at(unknown, 2) };
}

const nameOf = (object: Buffer) => textAt(object, 1, 1);

/** Protobuf and Go know no difference between an empty list and none. What every write changes is left out. */
function asGoHasIt(object: unknown): unknown {
  const counted = ['resourceVersion', 'generation', 'managedFields'];
  return JSON.parse(JSON.stringify(object), (name, value) => {
    const isEmpty = (Array.isArray(value) && value.length === 0) || (name === 'globalDefault' && value === false);
    return isEmpty || counted.includes(name) ? undefined : value;
  });
}

describe('every kind', () => {
  test.each(EVERY_OBJECT.map((object) => ({ title: `${object.manifest.apiVersion} ${object.manifest.kind}`, object })))(
    'as it is written in protobuf, $title is what it was',
    async ({ title, object: { collection, manifest, path, name } }) => {
      const made = await server.fetch(collection, { method: 'POST', body: manifest });
      expect(made.status, made.text).toBe(201);
      const { status, type, bytes } = await ask(path);
      expect([status, type]).toEqual([200, PROTOBUF]);
      const { type: envelope, raw } = open(bytes);
      expect(envelope).toBe(title);
      expect(nameOf(raw)).toBe(name);
      // Whatever is lost or added on the way there and back would be a change.
      const headers = { 'content-type': PROTOBUF };
      const again = await server.fetch(path, { method: 'PUT', body: bytes, headers });
      expect(again.status, again.text).toBe(200);
      expect(asGoHasIt(again.json)).toEqual(asGoHasIt(made.json));
    },
  );
});

describe('lists', () => {
  test('hold their items in order, and say how to go on', async () => {
    const { bytes, type } = await ask(`${CONFIG_MAPS}?labelSelector=of%3Dprotobuf`);
    const list = open(bytes);
    expect([type, list.type]).toEqual([PROTOBUF, 'v1 ConfigMapList']);
    expect(
      read(list.raw)
        .get(2)
        ?.map((item) => nameOf(item as Buffer)),
    ).toEqual(['one', 'two']);
    expect(textAt(list.raw, 1, 2)).toMatch(/^\d+$/);
    const page = open((await ask(`${CONFIG_MAPS}?limit=1`)).bytes).raw;
    expect(read(page).get(2)).toHaveLength(1);
    const rest = await ask(`${CONFIG_MAPS}?limit=9&continue=${encodeURIComponent(textAt(page, 1, 3))}`);
    expect(read(open(rest.bytes).raw).get(2)?.length).toBeGreaterThan(0);
  });

  test('are the same when they come again, and as they are after a change', async () => {
    const path = `${CONFIG_MAPS}?fieldSelector=metadata.name%3Done`;
    const [first, second] = [await ask(path), await ask(path)];
    expect(at(open(second.bytes).raw, 2)).toEqual(at(open(first.bytes).raw, 2));
    const body = { data: { a: '2' } };
    const headers = { 'content-type': 'application/merge-patch+json' };
    const patched = await ask(`${CONFIG_MAPS}/one`, { method: 'PATCH', body, headers });
    const item = at(open((await ask(path)).bytes).raw, 2);
    expect(item).toEqual(open(patched.bytes).raw);
    expect(textAt(item, 2, 2)).toBe('2');
  });

  test('of metadata alone', async () => {
    const list = open((await ask(CONFIG_MAPS, { headers: { accept: PARTIAL_LIST } })).bytes);
    expect(list.type).toBe('meta.k8s.io/v1 PartialObjectMetadataList');
    const items = read(list.raw).get(2) as Buffer[];
    expect(items.map(nameOf)).toContain('two');
    expect(items.map((item) => [...read(item).keys()])).toEqual(items.map(() => [1]));
    const one = open((await ask(`${CONFIG_MAPS}/two`, { headers: { accept: PARTIAL } })).bytes);
    expect([one.type, nameOf(one.raw)]).toEqual(['meta.k8s.io/v1 PartialObjectMetadata', 'two']);
  });
});

describe('writes', () => {
  test('are answered with the object, the collection that is gone, or a Status', async () => {
    const made = await ask(CONFIG_MAPS, { method: 'POST', body: CONFIG_MAP('three') });
    expect([made.status, open(made.bytes).type]).toEqual([201, 'v1 ConfigMap']);
    const gone = await ask(`${CONFIG_MAPS}/three`, { method: 'DELETE' });
    expect([gone.status, textAt(open(gone.bytes).raw, 2)]).toEqual([200, 'Success']);
    await ask(CONFIG_MAPS, { method: 'POST', body: { metadata: { name: 'four', labels: { go: 'yes' } } } });
    const all = open((await ask(`${CONFIG_MAPS}?labelSelector=go%3Dyes`, { method: 'DELETE' })).bytes);
    expect([all.type, nameOf(at(all.raw, 2))]).toEqual(['v1 ConfigMapList', 'four']);
  });

  test('of what is no kind of its own', async () => {
    const spec = { resourceAttributes: { verb: 'get', resource: 'pods' } };
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    const { type, raw } = open((await ask(path, { method: 'POST', body: { spec } })).bytes);
    expect(type).toBe('authorization.k8s.io/v1 SelfSubjectAccessReview');
    expect(read(at(raw, 3)).get(1)).toEqual([1]);
    const deployment = EVERY_OBJECT.find(({ manifest }) => manifest.kind === 'Deployment')?.path;
    expect(open((await ask(`${deployment}/scale`)).bytes).type).toBe('autoscaling/v1 Scale');
  });
});

describe('failures', () => {
  test('are a Status in protobuf', async () => {
    const { status, type, bytes } = await ask(`${CONFIG_MAPS}/nobody`);
    expect([status, type]).toEqual([404, PROTOBUF]);
    const { type: envelope, raw } = open(bytes);
    expect(envelope).toBe('v1 Status');
    expect([2, 3, 4].map((number) => textAt(raw, number))).toEqual([
      'Failure',
      'configmaps "nobody" not found',
      'NotFound',
    ]);
    expect([1, 3].map((number) => textAt(raw, 5, number))).toEqual(['nobody', 'configmaps']);
    expect(read(raw).get(6)).toEqual([404]);
  });

  test('say what is wrong with each field', async () => {
    const body = { metadata: { name: 'No Name' } };
    const { raw } = open((await ask(CONFIG_MAPS, { method: 'POST', body })).bytes);
    expect([textAt(raw, 5, 4, 1), textAt(raw, 5, 4, 3)]).toEqual(['FieldValueInvalid', 'metadata.name']);
  });
});

test.each([
  [`${PROTOBUF},application/json`, PROTOBUF],
  [`${PROTOBUF}, */*`, PROTOBUF],
  [`application/json;q=0.5,${PROTOBUF};q=0.8`, PROTOBUF],
  [`application/json,${PROTOBUF}`, 'application/json'],
  ['*/*', 'application/json'],
  [`${PROTOBUF};as=Table;g=meta.k8s.io;v=v1,application/json`, 'application/json'],
  [`${PROTOBUF};as=Table;g=meta.k8s.io;v=v1,application/yaml`, 'application/yaml'],
])('who accepts %s is given %s', async (accept, type) => {
  expect(await ask(CONFIG_MAPS, { headers: { accept } })).toMatchObject({ status: 200, type });
});

test('discovery, but not the version', async () => {
  const groups = open((await ask('/apis')).bytes);
  expect([groups.type, textAt(groups.raw, 1, 1)]).toEqual(['v1 APIGroupList', 'apps']);
  const resources = open((await ask('/apis/apps/v1')).bytes);
  expect([resources.type, textAt(resources.raw, 1)]).toEqual(['v1 APIResourceList', 'apps/v1']);
  expect(
    read(at(resources.raw, 2, 4))
      .get(1)
      ?.map(String),
  ).toContain('watch');
  expect(await ask('/version')).toMatchObject({ status: 200, type: 'application/json' });
});

describe('a watch', () => {
  interface OpenWatch {
    readonly type: string | undefined;
    /** What the next frame says, and the object in it. */
    next(): Promise<{ event: string; type: string; raw: Buffer; frame: Buffer }>;
    close(): void;
  }

  async function watch(query: string, accept = PROTOBUF): Promise<OpenWatch> {
    const path = `${CONFIG_MAPS}?watch=true&${query}`;
    const outgoing = request(server.requestOptions(path, { headers: { accept } }));
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    const chunks = response[Symbol.asyncIterator]();
    let held = Buffer.alloc(0);
    const take = async (length: number): Promise<Buffer> => {
      while (held.length < length) {
        const { value, done } = await chunks.next();
        if (done) throw new Error('the watch has ended');
        held = Buffer.concat([held, value as Buffer]);
      }
      const taken = held.subarray(0, length);
      held = held.subarray(length);
      return taken;
    };
    return {
      type: response.headers['content-type'],
      async next() {
        const frame = await take((await take(4)).readUInt32BE());
        return { event: textAt(frame, 1), ...open(at(frame, 2, 1)), frame };
      },
      close: () => outgoing.destroy(),
    };
  }

  test('tells each change in a frame that begins with its length', async () => {
    const watches = await Promise.all(
      [1, 2].map(() => watch('labelSelector=of%3Dwatch&sendInitialEvents=false&resourceVersionMatch=NotOlderThan')),
    );
    const body = { metadata: { name: 'watched', labels: { of: 'watch' } }, data: { a: 'ü'.repeat(100_000) } };
    const made = await ask(CONFIG_MAPS, { method: 'POST', body });
    const headers = { 'content-type': 'application/merge-patch+json' };
    await ask(`${CONFIG_MAPS}/watched`, { method: 'PATCH', body: { data: { a: '2' } }, headers });
    await ask(`${CONFIG_MAPS}/watched`, { method: 'DELETE' });
    for (const { type, next, close } of watches) {
      expect(type).toBe(`${PROTOBUF};stream=watch`);
      const [added, modified, deleted] = [await next(), await next(), await next()];
      expect([added, modified, deleted].map(({ event, type }) => `${event} ${type}`)).toEqual([
        'ADDED v1 ConfigMap',
        'MODIFIED v1 ConfigMap',
        'DELETED v1 ConfigMap',
      ]);
      expect(added.raw).toEqual(open(made.bytes).raw);
      expect(textAt(modified.raw, 2, 2)).toBe('2');
      expect(nameOf(deleted.raw)).toBe('watched');
      close();
    }
  });

  test('says where it is in bookmarks', async () => {
    const { next, close } = await watch(
      'fieldSelector=metadata.name%3Dtwo&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true',
    );
    expect(await next()).toMatchObject({ event: 'ADDED' });
    const bookmark = await next();
    expect([bookmark.event, bookmark.type]).toEqual(['BOOKMARK', 'v1 ConfigMap']);
    expect(textAt(bookmark.raw, 1, 12, 1)).toBe('k8s.io/initial-events-end');
    expect(textAt(bookmark.raw, 1, 6)).toMatch(/^\d+$/);
    close();
  });

  test('ends with a Status when it cannot begin where it should', async () => {
    const { next, close } = await watch('resourceVersion=1');
    const failure = await next();
    expect([failure.event, failure.type]).toEqual(['ERROR', 'v1 Status']);
    expect([textAt(failure.raw, 4), read(failure.raw).get(6)]).toEqual(['Expired', [410]]);
    close();
  });

  test('of metadata alone', async () => {
    const { next, close } = await watch('fieldSelector=metadata.name%3Dtwo', PARTIAL);
    const added = await next();
    expect([added.event, added.type]).toEqual(['ADDED', 'meta.k8s.io/v1 PartialObjectMetadata']);
    expect([...read(added.raw).keys()]).toEqual([1]);
    close();
  });

  test('over WebSocket is a message of bytes each, without a length', async () => {
    const { authority, admin, securePort } = server;
    const path = `${CONFIG_MAPS}?watch=true&fieldSelector=metadata.name%3Dtwo`;
    const socket = new WebSocket(`wss://127.0.0.1:${securePort}${path}`, {
      ca: authority.certificatePem,
      cert: admin.certificatePem,
      key: admin.privateKeyPem,
      headers: { accept: PROTOBUF },
    });
    const [data, isBinary] = (await once(socket, 'message')) as [Buffer, boolean];
    expect([isBinary, textAt(data, 1), nameOf(open(at(data, 2, 1)).raw)]).toEqual([true, 'ADDED', 'two']);
    socket.terminate();
  });

  test('has no frames of YAML', async () => {
    const answer = await ask(`${CONFIG_MAPS}?watch=true`, { headers: { accept: 'application/yaml' } });
    expect(answer.status).toBe(406);
    expect(answer.bytes.toString()).toContain(`application/json;stream=watch, ${PROTOBUF};stream=watch`);
  });
});

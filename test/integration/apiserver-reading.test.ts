import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { createInterface } from 'node:readline';
import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningApiserver, startApiserver } from './apiserver-fixture.js';

/** What the Kubernetes API concepts say of reading: every combination of versions, matches and initial events. */

let etcd: EtcdProcess;
let server: RunningApiserver;

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const FUTURE = '9223372036854775807';

beforeAll(async () => {
  etcd = await startEtcd();
  server = await startApiserver({ etcd: etcd.endpoint });
  for (const name of ['a', 'b', 'c']) {
    await server.fetch(CONFIG_MAPS, { method: 'POST', body: { metadata: { name } } });
  }
});

afterAll(async () => {
  await server?.stop();
  await etcd?.stop();
});

const invalid = (...causes: [string, string][]) => ({
  status: 422,
  json: {
    kind: 'Status',
    reason: 'Invalid',
    message: `ListOptions.meta.k8s.io "" is invalid: ${
      causes.length === 1
        ? causes.map((cause) => cause.join(': ')).join()
        : `[${causes.map((cause) => cause.join(': ')).join(', ')}]`
    }`,
    details: {
      group: 'meta.k8s.io',
      kind: 'ListOptions',
      causes: causes.map(([field, message]) => ({ field, message, reason: expect.stringMatching(/^FieldValue/) })),
    },
  },
});
const bad = (message: string) => ({ status: 400, json: { kind: 'Status', reason: 'BadRequest', message } });
const MATCH = 'resourceVersionMatch';
const needsVersion: [string, string] = [
  MATCH,
  'Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
];
const notWithContinue: [string, string] = [
  MATCH,
  'Forbidden: resourceVersionMatch is forbidden when continue is provided',
];
const needsNotOlderThan: [string, string] = [
  MATCH,
  'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
];
const notANumber =
  'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax';

describe('refused', () => {
  test.each([
    ['resourceVersionMatch=Exact', invalid(needsVersion)],
    ['resourceVersionMatch=NotOlderThan', invalid(needsVersion)],
    [
      'resourceVersionMatch=Exact&resourceVersion=0',
      invalid([MATCH, 'Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"']),
    ],
    [
      'resourceVersionMatch=Newest&resourceVersion=1',
      invalid([MATCH, 'Unsupported value: "Newest": supported values: "Exact", "NotOlderThan", ""']),
    ],
    ['resourceVersionMatch=NotOlderThan&resourceVersion=1&continue=x', invalid(notWithContinue)],
    ['resourceVersionMatch=Exact&continue=x', invalid(needsVersion, notWithContinue)],
    ['sendInitialEvents=true', invalid(['sendInitialEvents', 'Forbidden: sendInitialEvents is forbidden for list'])],
    [
      'watch=true&resourceVersionMatch=NotOlderThan',
      invalid([MATCH, 'Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided']),
    ],
    ['watch=true&sendInitialEvents=true', invalid(needsNotOlderThan)],
    ['watch=true&sendInitialEvents=false', invalid(needsNotOlderThan)],
    [
      'watch=true&sendInitialEvents=true&resourceVersionMatch=Exact',
      invalid(needsNotOlderThan, [MATCH, 'Unsupported value: "Exact": supported values: "NotOlderThan"']),
    ],
    ['watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&continue=x', invalid(notWithContinue)],
    ['resourceVersion=abc', bad(notANumber)],
    ['limit=many', bad('strconv.ParseInt: parsing "many": invalid syntax')],
    ['watch=true&timeoutSeconds=1s', bad('strconv.ParseInt: parsing "1s": invalid syntax')],
    [
      'fieldSelector=spec.foo%3Da',
      bad('"spec.foo" is not a known field selector: only "metadata.name", "metadata.namespace"'),
    ],
    ['continue=%3D', bad('invalid continue token: continue key is not valid: illegal base64 data')],
    [
      `continue=${Buffer.from('{"v":"meta.k8s.io/v1","rv":1,"start":"a"}').toString('base64url')}&resourceVersion=1`,
      bad('specifying resource version is not allowed when using continue'),
    ],
  ])('?%s', async (query, answer) => {
    expect(await server.fetch(`${CONFIG_MAPS}?${query}`)).toMatchObject(answer);
  });

  test.each(['', '/a'])('a version of the future is waited for, then 504: GET %s', async (path) => {
    const answer = await server.fetch(`${CONFIG_MAPS}${path}?resourceVersion=${FUTURE}`);
    expect(answer).toMatchObject({
      status: 504,
      headers: { 'retry-after': '1' },
      json: {
        reason: 'Timeout',
        message: expect.stringMatching(/^Timeout: Too large resource version: 9223372036854775807, current: \d+$/),
        details: {
          retryAfterSeconds: 1,
          causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        },
      },
    });
  });
});

describe('lists', () => {
  const names = async (query: string) => {
    const { status, json } = await server.fetch(`${CONFIG_MAPS}?${query}`);
    expect(status).toBe(200);
    return json.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
  };

  test('unset, 0, not older than, exact', async () => {
    const before = (await server.fetch(CONFIG_MAPS)).json.metadata.resourceVersion;
    await server.fetch(CONFIG_MAPS, { method: 'POST', body: { metadata: { name: 'd' } } });
    expect(await names('')).toEqual(['a', 'b', 'c', 'd']);
    expect(await names('resourceVersion=0')).toContain('a');
    expect(await names(`resourceVersion=${before}`)).toEqual(['a', 'b', 'c', 'd']);
    expect(await names(`resourceVersion=${before}&resourceVersionMatch=NotOlderThan&limit=9`)).toHaveLength(4);
    expect(await names(`resourceVersion=${before}&resourceVersionMatch=Exact`)).toEqual(['a', 'b', 'c']);
    // A page at a version is a page of that version.
    expect(await names(`resourceVersion=${before}&limit=9`)).toEqual(['a', 'b', 'c']);
    await server.fetch(`${CONFIG_MAPS}/d`, { method: 'DELETE' });
  });

  test('a token that no server gave out of reach goes on with what is there now', async () => {
    const token = Buffer.from('{"v":"meta.k8s.io/v1","rv":-1,"start":"default/a\\u0000"}').toString('base64url');
    expect(await names(`continue=${token}`)).toEqual(['b', 'c']);
  });
});

describe('watches', () => {
  interface Frame {
    readonly type: string;
    readonly object: { readonly metadata: { readonly name?: string; readonly annotations?: object } };
  }

  /** Frames up to the first change after the watch began, which is a label on `a`. */
  async function framesOf(query: string, isOpen: (frames: Frame[]) => boolean): Promise<Frame[]> {
    const outgoing = request(server.requestOptions(`${CONFIG_MAPS}?watch=true&${query}`));
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    const frames: Frame[] = [];
    let changed = false;
    const change = async () => {
      changed = true;
      const { status } = await server.fetch(`${CONFIG_MAPS}/a`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/merge-patch+json' },
        body: { metadata: { labels: { at: String(performance.now()).replace('.', '-') } } },
      });
      expect(status).toBe(200);
    };
    if (isOpen(frames)) await change();
    const lines = createInterface({ input: response });
    // Leaving the loop, the test ends the connection.
    lines.on('error', () => undefined);
    for await (const line of lines) {
      frames.push(JSON.parse(line) as Frame);
      if (!changed && isOpen(frames)) await change();
      if (frames.at(-1)?.type === 'MODIFIED') break;
    }
    outgoing.destroy();
    return frames;
  }

  const short = (frames: Frame[]) => frames.map(({ type, object }) => `${type} ${object.metadata.name ?? ''}`.trim());
  const BEGUN = ['ADDED a', 'ADDED b', 'ADDED c'];
  const byName = (items: string[]) => [...items].sort();

  test.each(['', 'resourceVersion=0'])('?%s begins with what is there', async (query) => {
    const frames = await framesOf(query, ({ length }) => length === 3);
    expect(byName(short(frames.slice(0, 3)))).toEqual(BEGUN);
    expect(short(frames.slice(3))).toEqual(['MODIFIED a']);
  });

  test.each([
    'allowWatchBookmarks=true',
    'allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan',
    'allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=0',
    'allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=1',
  ])('?%s marks where that ends', async (query) => {
    const frames = await framesOf(query, ({ length }) => length === 4);
    expect(byName(short(frames.slice(0, 3)))).toEqual(BEGUN);
    expect(short(frames.slice(3))).toEqual(['BOOKMARK', 'MODIFIED a']);
    expect(frames[3]?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
  });

  test.each(['', 'resourceVersion=0'])('?%s&sendInitialEvents=false begins with what comes', async (query) => {
    const frames = await framesOf(`${query}&sendInitialEvents=false&resourceVersionMatch=NotOlderThan`, () => true);
    expect(short(frames)).toEqual(['MODIFIED a']);
  });

  test('initial events at a version of the future are refused in the watch', async () => {
    const query = `watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=${FUTURE}`;
    const answer = await server.fetch(`${CONFIG_MAPS}?${query}`);
    expect(answer.json).toMatchObject({ type: 'ERROR', object: { code: 504, reason: 'Timeout' } });
  });

  test('a GET of one object is a GET, whatever it says of watching', async () => {
    expect((await server.fetch(`${CONFIG_MAPS}/a?watch=true`)).json).toMatchObject({ kind: 'ConfigMap' });
  });
});

import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningApiserver, startApiserver } from './apiserver-fixture.js';

// Two clients at two apiservers of one etcd count in one object. Whoever was
// overtaken is told so, reads again and tries again; nothing that was
// acknowledged is lost.

const INCREMENTS = 10_000;
const PATH = '/api/v1/namespaces/default/configmaps';

let etcd: EtcdProcess;
let servers: RunningApiserver[];

beforeAll(async () => {
  etcd = await startEtcd();
  const first = await startApiserver({ etcd: etcd.endpoint });
  servers = [first, await startApiserver({ etcd: etcd.endpoint, authority: first.authority, name: 'b' })];
});

afterAll(async () => {
  await Promise.all(servers?.map((server) => server.stop()) ?? []);
  await etcd?.stop();
});

interface Counter {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly data: { readonly count: string };
}

/** One increment of what the writer has seen last: the new object, or undefined where another was first. */
type Increment = (server: RunningApiserver, seen: Counter) => Promise<Counter | undefined>;

const update: Increment = async (server, seen) => {
  const body = { ...seen, data: { count: String(Number(seen.data.count) + 1) } };
  const { status, json } = await server.fetch(`${PATH}/${seen.metadata.name}`, { method: 'PUT', body });
  if (status === 200) return json;
  expect([status, json.reason]).toEqual([409, 'Conflict']);
  return undefined;
};

const jsonPatch: Increment = async (server, seen) => {
  const { count } = seen.data;
  const body = [
    { op: 'test', path: '/data/count', value: count },
    { op: 'replace', path: '/data/count', value: String(Number(count) + 1) },
  ];
  const headers = { 'content-type': 'application/json-patch+json' };
  const { status, json } = await server.fetch(`${PATH}/${seen.metadata.name}`, { method: 'PATCH', body, headers });
  if (status === 200) return json;
  expect([status, json.reason]).toEqual([422, 'Invalid']);
  return undefined;
};

/** By turns with an update and with a patch. Resolves with how often another was first. */
async function count(server: RunningApiserver, name: string, times: number): Promise<number> {
  const read = async (): Promise<Counter> => (await server.fetch(`${PATH}/${name}`)).json;
  let overtaken = 0;
  let seen = await read();
  for (let done = 0; done < times; ) {
    const next = await (done % 2 === 0 ? update : jsonPatch)(server, seen);
    if (next) done++;
    else overtaken++;
    // It goes on from its own answer, and reads where another was first.
    seen = next ?? (await read());
  }
  return overtaken;
}

// Half a minute where nothing else runs; the limit is for a machine that is busy.
test('two writers count by updates and by JSON patches, and none of 10,000 is lost', { timeout: 600_000 }, async () => {
  const [first, second] = servers as [RunningApiserver, RunningApiserver];
  await first.fetch(PATH, { method: 'POST', body: { metadata: { name: 'counted' }, data: { count: '0' } } });
  const overtaken = await Promise.all([first, second].map((server) => count(server, 'counted', INCREMENTS / 2)));
  for (const server of servers) {
    expect((await server.fetch(`${PATH}/counted`)).json.data).toEqual({ count: String(INCREMENTS) });
  }
  // They did meet.
  for (const times of overtaken) expect(times).toBeGreaterThan(0);
});

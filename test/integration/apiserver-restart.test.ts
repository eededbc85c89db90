import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiserverProcess, startApiserverProcess } from './apiserver-process.js';

let etcd: EtcdProcess;
let server: ApiserverProcess;

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const OBJECTS = 5;
const WRITERS = 4;

beforeAll(async () => {
  etcd = await startEtcd();
  server = await startApiserverProcess({ etcd: etcd.endpoint, flags: ['--log-level=error'] });
});

afterAll(async () => {
  await server?.stop();
  await etcd?.stop();
});

interface Seen {
  readonly type: string;
  readonly name: string;
  readonly version: number;
}

/** Watches from a version on and, whatever breaks, goes on from the last version that it was told. */
async function follow(from: string, seen: Seen[], signal: AbortSignal): Promise<void> {
  let version = from;
  while (!signal.aborted) {
    const path = `${CONFIG_MAPS}?watch=true&allowWatchBookmarks=true&resourceVersion=${version}`;
    const outgoing = request({ ...server.requestOptions(path), agent: undefined, ...identity() });
    const stop = () => outgoing.destroy();
    signal.addEventListener('abort', stop, { once: true });
    try {
      outgoing.end();
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
      if (response.statusCode !== 200) {
        response.resume();
        throw new Error(`the watch is answered ${response.statusCode}`);
      }
      const lines = createInterface({ input: response });
      lines.on('error', () => undefined);
      for await (const line of lines) {
        const { type, object } = JSON.parse(line) as {
          type: string;
          object: { code?: number; metadata: { name: string; resourceVersion: string } };
        };
        if (type === 'ERROR') throw new Error(`the watch fails with ${object.code}`);
        version = object.metadata.resourceVersion;
        if (type !== 'BOOKMARK') seen.push({ type, name: object.metadata.name, version: Number(version) });
      }
    } catch {
      // Broken off: the server is away, or comes back.
      await delay(50, undefined, { signal }).catch(() => undefined);
    } finally {
      signal.removeEventListener('abort', stop);
      outgoing.on('error', () => undefined);
      outgoing.destroy();
    }
  }
}

/** A connection of its own, so that what breaks breaks for the watch alone. */
function identity() {
  const { agent } = server.requestOptions('/') as unknown as { agent: { options: Record<string, unknown> } };
  const { ca, cert, key } = agent.options as { ca: string; cert: string; key: string };
  return { ca, cert, key };
}

/** Writes on and on; keeps the versions of what was acknowledged. */
async function write(name: () => string, acknowledged: number[], signal: AbortSignal): Promise<void> {
  for (let count = 0; !signal.aborted; count += 1) {
    const answer = await server
      .fetch(`${CONFIG_MAPS}/${name()}`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/merge-patch+json' },
        body: { data: { count: `${name()}-${count}-${performance.now()}` } },
      })
      .catch(() => undefined);
    if (answer?.status === 200) acknowledged.push(Number(answer.json.metadata.resourceVersion));
    else await delay(20);
  }
}

test('a list and a watch through the kill of the apiserver and of etcd: complete, in order, nothing twice', async () => {
  for (let i = 0; i < OBJECTS; i += 1) {
    await server.fetch(CONFIG_MAPS, { method: 'POST', body: { metadata: { name: `o${i}` } } });
  }
  const { json } = await server.fetch(CONFIG_MAPS);
  const seen: Seen[] = [];
  const acknowledged: number[] = [];
  const [writing, watching] = [new AbortController(), new AbortController()];
  const watch = follow(json.metadata.resourceVersion, seen, watching.signal);
  const writers = Array.from({ length: WRITERS }, (_, i) => write(() => `o${i}`, acknowledged, writing.signal));
  const more = async () => {
    const before = acknowledged.length;
    await expect.poll(() => acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(before + 40);
  };
  await more();
  await server.kill();
  await server.start();
  await more();
  await etcd.kill();
  await etcd.restart();
  await more();
  // Both at once.
  await Promise.all([server.kill(), etcd.kill()]);
  await etcd.restart();
  await server.start();
  await more();
  writing.abort();
  await Promise.all(writers);
  // What a page shows of the past is still one state: all of it in pages of two.
  const first = await server.fetch(`${CONFIG_MAPS}?limit=2`);
  await server.kill();
  await server.start();
  const rest = await server.fetch(`${CONFIG_MAPS}?continue=${first.json.metadata.continue}`);
  expect(rest.json.metadata.resourceVersion).toBe(first.json.metadata.resourceVersion);
  expect(first.json.items.length + rest.json.items.length).toBe(OBJECTS);

  const last = Math.max(...acknowledged);
  await expect.poll(() => seen.at(-1)?.version ?? 0, { timeout: 20_000 }).toBeGreaterThanOrEqual(last);
  watching.abort();
  await watch;
  const versions = seen.map(({ version }) => version);
  expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
  expect(acknowledged.filter((version) => !versions.includes(version))).toEqual([]);
  expect(seen.every(({ type }) => type === 'MODIFIED')).toBe(true);
});

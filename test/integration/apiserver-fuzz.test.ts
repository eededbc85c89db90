import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { resourceTable } from '@kubelab/api';
import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import { type ApiserverProcess, startApiserverProcess } from './apiserver-process.js';
import { createMutator, type FuzzRequest, NAMESPACE } from './fuzz-mutations.js';
import { seededRandom } from './storage-harness.js';

const REQUESTS = 10_000;
const IN_FLIGHT = 24;
/** Of a watch only the beginning is looked at. */
const WATCH_LIMIT_MS = 1_500;
const MAX_GROWTH_BYTES = 48 * 1024 * 1024;
const SEED = Number(process.env.KUBELAB_TEST_SEED ?? 20_261_121);

let etcd: EtcdProcess;
let server: ApiserverProcess;

beforeAll(async () => {
  etcd = await startEtcd();
  server = await startApiserverProcess({
    etcd: etcd.endpoint,
    flags: ['--log-level=error'],
    nodeFlags: ['--inspect=127.0.0.1:0'],
  });
  const body = { metadata: { name: NAMESPACE } };
  expect((await server.fetch('/api/v1/namespaces', { method: 'POST', body })).status).toBe(201);
});

afterAll(async () => {
  await server?.stop();
  await etcd?.stop();
});

interface Answered {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  /** False for a stream that was left. */
  readonly isWhole: boolean;
}

function send({ method, path, headers, body }: FuzzRequest): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const outgoing = request(server.requestOptions(path, { method, headers }));
    outgoing.once('error', reject);
    outgoing.once('upgrade', (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, type: '', text: '', isWhole: false });
    });
    outgoing.once('response', (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      const done = (isWhole: boolean) => {
        clearTimeout(timer);
        const type = response.headers['content-type'] ?? '';
        const isPacked = response.headers['content-encoding'] !== undefined;
        const text = isPacked ? '' : Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, type, text, isWhole: isWhole && !isPacked });
      };
      const timer = setTimeout(() => {
        done(false);
        response.on('error', () => undefined);
        outgoing.destroy();
      }, WATCH_LIMIT_MS);
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () => done(true));
      response.once('error', reject);
    });
    if (body !== undefined) outgoing.setHeader('content-length', body.length);
    outgoing.end(body);
  });
}

/** What is wrong with an answer; undefined where it is well formed. */
function complaint({ method, path }: FuzzRequest, { status, type, text, isWhole }: Answered): string | undefined {
  if (status >= 500 && !isMeant(status, path, text)) return `${status} is not by design`;
  if (method === 'HEAD') return text === '' ? undefined : 'a body for HEAD';
  if ([204, 301, 304].includes(status)) return undefined;
  if (type.startsWith('text/plain')) return text === '' && isWhole ? 'an empty text' : undefined;
  if (type.includes('protobuf') || type.startsWith('application/com.github')) return undefined;
  if (type.startsWith('application/yaml'))
    return /(^|\n)(kind|swagger|openapi|paths|major):/.test(text) ? undefined : 'no YAML';
  if (!type.startsWith('application/json')) return `content type ${JSON.stringify(type)}`;
  if (!isWhole || isWatchAnswer(text)) return undefined;
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return 'no JSON';
  }
  if (status >= 400) return statusComplaint(json, status);
  const isDocument = ['paths', 'major', 'swagger', 'openapi'].some((key) => key in json);
  return typeof json.kind === 'string' || isDocument ? undefined : 'an object without a kind';
}

function isWatchAnswer(text: string): boolean {
  return text === '' || /^{"type":"(ADDED|MODIFIED|DELETED|BOOKMARK|ERROR)"/.test(text);
}

function statusComplaint(json: Record<string, unknown>, status: number): string | undefined {
  const { kind, apiVersion, code, reason, message } = json;
  if (kind !== 'Status' || apiVersion !== 'v1' || json.status !== 'Failure') return 'no Status';
  if (code !== status) return `code ${code} in a ${status}`;
  // Kubernetes gives none where an applied configuration does not fit its kind.
  if (status !== 500 && (typeof reason !== 'string' || reason === '')) return 'no reason';
  return typeof message === 'string' && message !== '' ? undefined : 'no message';
}

/** Versions of the future, what would need a kubelet (this server has no credentials for one), nodes without an address. */
function isMeant(status: number, path: string, text: string): boolean {
  if (status === 504) return text.includes('Too large resource version') || text === '';
  if (status === 500) {
    return text.includes('no preferred addresses found') || text.includes('failed to create typed patch object');
  }
  return status === 503 && /\/(log|exec|attach|portforward|proxy)([/?]|$)/.test(path);
}

/** Asks the process itself, through its inspector. */
async function inspect(method: string, parameters: object = {}): Promise<unknown> {
  const address = /ws:\/\/\S+/.exec(server.log())?.[0] ?? '';
  const socket = new WebSocket(address);
  await once(socket, 'open');
  socket.send(JSON.stringify({ id: 1, method, params: parameters }));
  const [message] = (await once(socket, 'message')) as [Buffer];
  socket.close();
  return (JSON.parse(message.toString()) as { result: { result?: { value: unknown } } }).result.result?.value;
}

async function heapBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) await inspect('HeapProfiler.collectGarbage');
  const expression = 'process.memoryUsage().heapUsed + process.memoryUsage().external';
  return (await inspect('Runtime.evaluate', { expression, returnByValue: true })) as number;
}

async function run(
  count: number,
  next: () => FuzzRequest,
): Promise<{ faults: string[]; statuses: Map<number, number> }> {
  const faults: string[] = [];
  const statuses = new Map<number, number>();
  let left = count;
  const work = async (): Promise<void> => {
    while (left-- > 0 && faults.length < 50) {
      const asked = next();
      const outcome = await send(asked).then(
        (answered) => {
          statuses.set(answered.status, (statuses.get(answered.status) ?? 0) + 1);
          const why = complaint(asked, answered);
          return why && `${why}: ${answered.text.slice(0, 300)}`;
        },
        (error: Error) => `no answer: ${error.message}`,
      );
      if (outcome === undefined) continue;
      const { method, path, headers, body } = asked;
      const said = body === undefined ? '' : ` ${body.toString().slice(0, 400)}`;
      faults.push(`${method} ${path.slice(0, 300)} ${JSON.stringify(headers)}${said}\n    ${outcome}`);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  if (faults.length > 0) faults.push(`the server's log: ${server.log().slice(-3000)}`);
  return { faults, statuses };
}

/** What was made by it goes, with the past events' window moved on by a few of ours. */
async function cleanUp(): Promise<void> {
  for (const { group, version, plural, namespaced, stored, verbs } of resourceTable) {
    if (stored === false || (verbs && !verbs.includes('deletecollection'))) continue;
    const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    const path = namespaced ? `${root}/namespaces/${NAMESPACE}/${plural}` : `${root}/${plural}`;
    if (namespaced) await server.fetch(`${path}?gracePeriodSeconds=0`, { method: 'DELETE' });
  }
}

test(`${REQUESTS} mutated requests: every answer is well formed, and nothing is left of them`, {
  timeout: 240_000,
}, async () => {
  const { pid } = server;
  const next = createMutator(seededRandom(SEED));
  // The first ones fill what is filled once: compiled code, documents, caches.
  const warm = await run(1_000, next);
  expect(warm.faults.join('\n')).toBe('');
  await cleanUp();
  const before = await heapBytes();

  const { faults, statuses } = await run(REQUESTS - 1_000, next);
  expect(faults.join('\n')).toBe('');
  // It got past the door often enough.
  expect((statuses.get(200) ?? 0) + (statuses.get(201) ?? 0)).toBeGreaterThan(REQUESTS / 20);
  for (const status of [400, 404, 405, 409, 415, 422])
    expect([status, statuses.get(status) ?? 0]).not.toEqual([status, 0]);

  expect(server.pid).toBe(pid);
  expect(await server.fetch('/readyz')).toMatchObject({ status: 200, text: 'ok' });
  const polluted = await inspect('Runtime.evaluate', {
    expression: 'Object.keys(Object.prototype).length + Object.keys(Array.prototype).length',
  });
  expect(polluted).toBe(0);
  await cleanUp();
  await expect
    .poll(async () => (await heapBytes()) - before, { timeout: 20_000, interval: 500 })
    .toBeLessThan(MAX_GROWTH_BYTES);
});

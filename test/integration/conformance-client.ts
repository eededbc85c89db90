import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { createInterface } from 'node:readline';
import { expect } from 'vitest';
import type { Answer, RunningApiserver } from './apiserver-fixture.js';

// biome-ignore lint/suspicious/noExplicitAny: the checks look into objects of every kind.
export type Looked = any;

/** What Kubernetes' own Go clients ask for, but the other way about: these checks read JSON. */
const ACCEPTS = 'application/json, application/vnd.kubernetes.protobuf;q=0.5';

const LIMIT_MS = 10_000;

export type PatchType = 'merge-patch' | 'strategic-merge-patch' | 'json-patch' | 'apply-patch';

/** The requests of client-go's typed and dynamic clients, each with the status that it expects. */
export interface ConformanceClient {
  get(path: string): Promise<Looked>;
  create(path: string, body: unknown): Promise<Looked>;
  update(path: string, body: unknown): Promise<Looked>;
  patch(path: string, body: unknown, type?: PatchType): Promise<Looked>;
  /** A delete with options, empty ones unless told, as client-go sends them. */
  remove(path: string, options?: object): Promise<Looked>;
  /** Any request, whatever its answer. */
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  watch(path: string): Promise<ConformanceWatch>;
  /** Until the path is not found. */
  gone(path: string): Promise<void>;
}

interface ConformanceWatch {
  /** Fails after 10 s. */
  next(): Promise<WatchedEvent>;
  /** The first event from now on that is of this type and pleases. Fails after 10 s. */
  until(type: string, pleases?: (object: Looked) => boolean): Promise<Looked>;
  close(): void;
}

export function conformanceClient(server: RunningApiserver): ConformanceClient {
  const ask = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    server.fetch(path, {
      method,
      headers: { accept: ACCEPTS, ...headers },
      ...(body === undefined ? {} : { body }),
    });
  const expected = async (statuses: readonly number[], ...input: Parameters<typeof ask>): Promise<Looked> => {
    const { status, json, text } = await ask(...input);
    expect(statuses, `${input[0]} ${input[1]}: ${text.slice(0, 1_000)}`).toContain(status);
    return json;
  };
  return {
    ask,
    get: (path) => expected([200], 'GET', path),
    create: (path, body) => expected([201], 'POST', path, body),
    update: (path, body) => expected([200], 'PUT', path, body),
    patch: (path, body, type = 'merge-patch') =>
      expected([200, 201], 'PATCH', path, body, {
        'content-type': type === 'apply-patch' ? 'application/apply-patch+yaml' : `application/${type}+json`,
      }),
    remove: (path, options = { kind: 'DeleteOptions', apiVersion: 'v1' }) =>
      expected([200, 202], 'DELETE', path, options),
    watch: (path) => openWatch(server, path),
    gone: (path) =>
      expect.poll(async () => (await ask('GET', path)).status, { timeout: 30_000, interval: 30 }).toBe(404),
  };
}

interface WatchedEvent {
  readonly type: string;
  readonly object: Looked;
}

async function openWatch(server: RunningApiserver, path: string): Promise<ConformanceWatch> {
  const query = `${path.includes('?') ? '&' : '?'}watch=true&allowWatchBookmarks=true&timeoutSeconds=60`;
  const outgoing = request(server.requestOptions(`${path}${query}`, { headers: { accept: ACCEPTS } }));
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  // A watch that is closed from here is no failure.
  for (const side of [outgoing, response]) side.on('error', () => undefined);
  const lines = createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  const next = async (deadline: number): Promise<WatchedEvent> => {
    const late = AbortSignal.timeout(Math.max(1, deadline - Date.now()));
    const { value } = await Promise.race([lines.next(), once(late, 'abort').then(() => ({ value: undefined }))]);
    if (value === undefined) throw new Error('no event in time');
    return JSON.parse(value);
  };
  return {
    next: () => next(Date.now() + LIMIT_MS),
    async until(type, pleases = () => true) {
      const seen: string[] = [];
      for (const deadline = Date.now() + LIMIT_MS; ; ) {
        const event = await next(deadline).catch((cause: unknown) => {
          throw new Error(`no ${type} among ${seen.join(', ') || 'nothing'}`, { cause });
        });
        if (event.type === type && pleases(event.object)) return event.object;
        seen.push(`${event.type} ${event.object.metadata?.name}`);
      }
    },
    close: () => outgoing.destroy(),
  };
}

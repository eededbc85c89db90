import { type IncomingMessage, request } from 'node:http';

/** The engine refused. `status` is its HTTP status: 404 not found, 409 conflict. */
export class EngineError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = 'EngineError';
  }
}

export interface ContainerSummary {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly State: string;
  readonly Labels: Readonly<Record<string, string>>;
}

export interface ContainerDetails {
  readonly Id: string;
  readonly State: { readonly Running: boolean; readonly Paused: boolean; readonly Pid: number };
  readonly Config: { readonly Image: string; readonly Labels: Readonly<Record<string, string>> };
}

export interface NetworkDetails {
  readonly Id: string;
  readonly Name: string;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly IPAM: { readonly Config: readonly { readonly Subnet?: string; readonly Gateway?: string }[] | null };
}

/** A container's start or end, as the engine tells it. */
export interface ContainerEvent {
  readonly action: string;
  readonly containerId: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * The Docker Engine's API, as far as clusters need it. It stands on node:http
 * alone: the supervisor and the command line are to start fast and stay small,
 * which a full client does not allow.
 */
export interface Engine {
  get<T>(path: string, signal?: AbortSignal): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  delete(path: string): Promise<void>;
  /** Sends a tar archive. Resolves with the engine's answer, which is lines of JSON. */
  upload(path: string, archive: NodeJS.ReadableStream): Promise<string>;
  /** Containers of any state that carry all the labels (`name` or `name=value`). */
  containers(labels: readonly string[]): Promise<ContainerSummary[]>;
  /**
   * Follows what happens to containers with the labels, from the moment that it
   * resolves. Ends with the signal, or when the engine goes away.
   */
  events(labels: readonly string[], signal: AbortSignal): Promise<AsyncIterable<ContainerEvent>>;
}

/** The socket of DOCKER_HOST when that is a unix one, else Docker's own. */
export function engineSocket(): string {
  const host = process.env.DOCKER_HOST ?? '';
  return host.startsWith('unix://') ? host.slice('unix://'.length) : '/var/run/docker.sock';
}

/** Opens nothing until it is used. */
export function createEngine(socketPath: string = engineSocket()): Engine {
  const call = async (method: string, path: string, options: CallOptions = {}): Promise<IncomingMessage> => {
    const response = await send(socketPath, method, path, options);
    const status = response.statusCode ?? 0;
    if (status < 400) return response;
    throw new EngineError(status, errorMessage(await readAll(response)));
  };
  const json = async <T>(method: string, path: string, options: CallOptions = {}): Promise<T> => {
    const text = await readAll(await call(method, path, options));
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  return {
    get: (path, signal) => json('GET', path, { signal }),
    post: (path, body) => json('POST', path, { body: JSON.stringify(body ?? {}), contentType: 'application/json' }),
    delete: (path) => json('DELETE', path),
    upload: async (path, archive) =>
      readAll(await call('POST', path, { body: archive, contentType: 'application/x-tar' })),
    containers: (labels) => json('GET', `/containers/json?all=1&filters=${filters({ label: labels })}`),
    events: async (labels, signal) => {
      const query = filters({ type: ['container'], label: labels });
      return parseEvents(await call('GET', `/events?filters=${query}`, { signal }), signal);
    },
  };
}

interface CallOptions {
  readonly body?: string | NodeJS.ReadableStream;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
}

function send(socketPath: string, method: string, path: string, options: CallOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { body, contentType, signal } = options;
    const headers = { host: 'docker', ...(contentType ? { 'content-type': contentType } : {}) };
    const outgoing = request({ socketPath, method, path, headers, ...(signal ? { signal } : {}) }, resolve);
    outgoing.once('error', reject);
    if (body === undefined || typeof body === 'string') {
      outgoing.end(body);
    } else {
      body.once('error', (error) => outgoing.destroy(error));
      body.pipe(outgoing);
    }
  });
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function errorMessage(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: string };
    return message ?? body;
  } catch {
    return body.trim();
  }
}

function filters(by: Readonly<Record<string, readonly string[]>>): string {
  return encodeURIComponent(JSON.stringify(by));
}

interface EngineMessage {
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
}

async function* parseEvents(response: IncomingMessage, signal: AbortSignal): AsyncGenerator<ContainerEvent> {
  let rest = '';
  try {
    for await (const chunk of response) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line.trim() === '') continue;
        const { Action, Actor } = JSON.parse(line) as EngineMessage;
        yield { action: Action, containerId: Actor.ID, labels: Actor.Attributes };
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import { EtcdError, GrpcCode } from './error.js';
import { FrameReader, frame } from './frames.js';

/**
 * gRPC to one etcd endpoint, straight on node:http2: measured beside
 * @grpc/grpc-js, the same create transaction runs 1.5 times as often at half
 * the processor time (64 in flight: 4,472 and 3,039 a second).
 */

export interface TlsMaterial {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

const CONNECT_LIMIT_MS = 2_000;
/** etcd answers pings more frequent than every 5 s with GOAWAY. */
const PING_INTERVAL_MS = 10_000;
const PING_LIMIT_MS = 5_000;
const STREAM_WINDOW_BYTES = 4 * 1024 * 1024;
const SESSION_WINDOW_BYTES = 32 * 1024 * 1024;
/** Node's own limit, 10 MB, would refuse requests while large lists are on their way. */
const SESSION_MEMORY_MB = 512;

export class EtcdSession {
  readonly endpoint: string;
  readonly #session: ClientHttp2Session;
  #lastHeardMs = performance.now();
  readonly #pinger: NodeJS.Timeout;

  private constructor(endpoint: string, session: ClientHttp2Session) {
    this.endpoint = endpoint;
    this.#session = session;
    session.setLocalWindowSize(SESSION_WINDOW_BYTES);
    // Errors reach every open stream as well, which is where they are handled.
    session.on('error', () => {});
    session.on('goaway', () => session.close());
    this.#pinger = setInterval(() => this.#ping(), PING_INTERVAL_MS);
    session.once('close', () => clearInterval(this.#pinger));
  }

  /** Connects within 2 s, or rejects with an EtcdError that says that nothing was sent. */
  static open(endpoint: string, tls: TlsMaterial | undefined): Promise<EtcdSession> {
    return new Promise((resolve, reject) => {
      const session = connect(endpoint, {
        ...(tls ?? {}),
        maxSessionMemory: SESSION_MEMORY_MB,
        settings: { initialWindowSize: STREAM_WINDOW_BYTES, enablePush: false },
      });
      const fail = (cause: unknown): void => {
        clearTimeout(timer);
        session.on('error', () => {});
        session.destroy();
        reject(
          new EtcdError(GrpcCode.unavailable, `cannot connect to etcd at ${endpoint}: ${text(cause)}`, false, cause),
        );
      };
      const timer = setTimeout(() => fail(`no answer in ${CONNECT_LIMIT_MS} ms`), CONNECT_LIMIT_MS);
      session.once('error', fail);
      session.once('close', () => fail('connection closed'));
      // Settings are the first thing that etcd itself says; a frozen one still accepts connections.
      session.once('remoteSettings', () => {
        clearTimeout(timer);
        session.removeAllListeners('error');
        session.removeAllListeners('close');
        resolve(new EtcdSession(endpoint, session));
      });
    });
  }

  get open(): boolean {
    return !this.#session.closed && !this.#session.destroyed;
  }

  /** One request, one answer. Rejects with an EtcdError. */
  unary(path: string, request: Buffer, timeoutMs: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const startMs = performance.now();
      let answer: Buffer | undefined;
      const call = this.openStream(path, {
        message: (bytes) => {
          answer = bytes;
        },
        end: (error) => {
          clearTimeout(timer);
          if (error) reject(error);
          else if (answer) resolve(answer);
          else reject(new EtcdError(GrpcCode.internal, `etcd answered ${path} with nothing`, true));
        },
      });
      const timer = setTimeout(() => {
        call.fail(new EtcdError(GrpcCode.deadlineExceeded, `etcd did not answer ${path} in ${timeoutMs} ms`, true));
        // Not a byte since the request: the connection itself is taken for dead, and its streams with it.
        if (this.#lastHeardMs < startMs) this.destroy();
      }, timeoutMs);
      call.finish(request);
    });
  }

  /** A call that stays open. `end` is called exactly once, without an error if etcd ended it well. */
  openStream(path: string, on: { message(bytes: Buffer): void; end(error?: EtcdError): void }): EtcdStream {
    let ended = false;
    const end = (error?: EtcdError): void => {
      if (ended) return;
      ended = true;
      on.end(error);
    };
    let stream: ClientHttp2Stream;
    try {
      stream = this.#session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
        // A member cut off from its cluster then ends a watch, where it would fall silent.
        hasleader: 'true',
      });
    } catch (cause) {
      queueMicrotask(() =>
        end(new EtcdError(GrpcCode.unavailable, `the connection to ${this.endpoint} is closed`, false, cause)),
      );
      return { send: () => {}, finish: () => {}, fail: end };
    }
    this.#read(stream, on.message, end);
    return {
      send: (body) => stream.write(frame(body)),
      finish: (body) => stream.end(body && frame(body)),
      fail: (error) => {
        end(error);
        stream.close(constants.NGHTTP2_CANCEL);
      },
    };
  }

  #read(stream: ClientHttp2Stream, message: (bytes: Buffer) => void, end: (error?: EtcdError) => void): void {
    const reader = new FrameReader();
    let status: EtcdError | undefined | 'unknown' = 'unknown';
    const readStatus = (headers: IncomingHttpHeaders): void => {
      this.#lastHeardMs = performance.now();
      const code = headers['grpc-status'];
      if (code !== undefined) status = code === '0' ? undefined : statusError(Number(code), headers);
    };
    stream.on('response', readStatus);
    stream.on('trailers', (headers) => {
      readStatus(headers);
      // What came before it has been read: the stream's own end takes some turns of the event loop more.
      if (stream.readableLength === 0 && status !== 'unknown') end(status);
    });
    stream.on('data', (chunk: Buffer) => {
      this.#lastHeardMs = performance.now();
      try {
        reader.push(chunk);
        for (let bytes = reader.next(); bytes; bytes = reader.next()) message(bytes);
      } catch (cause) {
        end(new EtcdError(GrpcCode.internal, `etcd's answer cannot be read: ${text(cause)}`, true, cause));
        stream.destroy();
      }
    });
    let broken: unknown;
    stream.on('error', (error) => {
      broken = error;
    });
    stream.once('close', () => {
      if (status !== 'unknown') return end(status);
      const refused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
      end(new EtcdError(GrpcCode.unavailable, `the connection to ${this.endpoint} broke`, !refused, broken));
    });
  }

  #ping(): void {
    if (this.#session.destroyed || performance.now() - this.#lastHeardMs < PING_INTERVAL_MS) return;
    const limit = setTimeout(() => this.destroy(), PING_LIMIT_MS);
    const sent = this.#session.ping((error) => {
      clearTimeout(limit);
      if (!error) this.#lastHeardMs = performance.now();
    });
    if (!sent) clearTimeout(limit);
  }

  /** Takes no more calls and ends with the last open one. */
  close(): void {
    this.#session.close();
  }

  /** Breaks every open call. */
  destroy(): void {
    this.#session.destroy();
  }
}

export interface EtcdStream {
  send(body: Buffer): void;
  /** No more will be sent than, where there is one, this last message. */
  finish(body?: Buffer): void;
  /** Gives the call up; `end` is called with the error. */
  fail(error: EtcdError): void;
}

function statusError(code: number, headers: IncomingHttpHeaders): EtcdError {
  const raw = headers['grpc-message'];
  const message = typeof raw === 'string' ? unescapeMessage(raw) : '';
  return new EtcdError(code, message || `etcd answered with code ${code}`, true);
}

/** gRPC escapes its messages as URLs do. */
function unescapeMessage(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}

function text(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

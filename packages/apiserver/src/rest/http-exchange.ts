import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError } from '@kubelab/api';
import { newTraceContext, parseTraceparent, type TraceContext } from '@kubelab/runtime';
import { type AuditRecord, auditIdOf } from '../audit/auditor.js';
import { ANONYMOUS, type User } from '../authn/user.js';
import { LazyAbortController } from '../lazy-abort-controller.js';
import type { Exchange } from './exchange.js';

const MUTATING = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const NO_PARAMETERS = {};

/** An exchange as the face builds it up: first what was sent, then who sent it and what it matches. */
export class HttpExchange implements Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly trace: TraceContext | undefined;
  readonly warnings = new Set<string>();
  parameters: Exchange['parameters'] = NO_PARAMETERS;
  user: User = ANONYMOUS;
  audit: AuditRecord | undefined;
  #auditId: string | undefined;
  readonly #end = new LazyAbortController();

  constructor(
    readonly message: IncomingMessage,
    readonly response: ServerResponse,
    /** Of an upgraded connection; undefined for a plain request. */
    socket: Duplex | undefined,
  ) {
    const { method = 'GET', url = '/', headers } = message;
    const mark = url.indexOf('?');
    this.method = method;
    this.path = mark < 0 ? url : url.slice(0, mark);
    this.query = new URLSearchParams(mark < 0 ? undefined : url.slice(mark + 1));
    const sent = parseTraceparent(headers.traceparent as string | undefined);
    this.trace = sent ?? (MUTATING.has(method) ? newTraceContext(true) : undefined);
    if (socket) socket.once('close', () => this.abort(disconnected()));
    else response.once('close', () => response.writableFinished || this.abort(disconnected()));
  }

  get signal(): AbortSignal {
    return this.#end.signal;
  }

  get auditId(): string {
    this.#auditId ??= this.audit?.auditId ?? auditIdOf(this.message.headers['audit-id'] as string | undefined);
    return this.#auditId;
  }

  abort(reason: ApiError): void {
    this.#end.abort(reason);
  }

  get aborted(): boolean {
    return this.#end.aborted;
  }
}

function disconnected(): ApiError {
  return new ApiError('Timeout', 'the client closed the connection');
}

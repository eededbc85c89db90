import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TraceContext } from '@kubelab/runtime';
import type { AuditRecord } from '../audit/auditor.js';
import type { User } from '../authn/user.js';
import { managerOfUserAgent } from '../registry/field-manager.js';
import type { RequestContext } from '../registry/request.js';

/** One request over HTTP and its answer, as the handlers see it. */
export interface Exchange {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Path parameters, decoded. */
  readonly parameters: Readonly<Record<string, string | undefined>>;
  readonly user: User;
  /** Of the client's `traceparent` header, or new for a write. */
  readonly trace: TraceContext | undefined;
  /** Aborts when the client is gone or its time is up. */
  readonly signal: AbortSignal;
  /** Goes out as a `Warning` header each. */
  readonly warnings: Set<string>;
  /** Goes out as the `Audit-Id` header. */
  readonly auditId: string;
  /** Undefined while nothing is audited. */
  readonly audit: AuditRecord | undefined;
}

export function contextOf(exchange: Exchange, trace = exchange.trace): RequestContext {
  return {
    user: exchange.user,
    trace,
    get fieldManager() {
      return exchange.query.get('fieldManager') || managerOfUserAgent(exchange.message.headers['user-agent']);
    },
    get signal() {
      return exchange.signal;
    },
    warn: (text) => exchange.warnings.add(text),
    annotate: (key, value) => exchange.audit?.annotate(key, value),
  };
}

/** Answers a request, wholly. What it throws is answered as a Status. */
export type Handler = (exchange: Exchange) => Promise<void> | void;

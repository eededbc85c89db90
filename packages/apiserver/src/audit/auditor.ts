import { randomUUID } from 'node:crypto';
import type { ApiError, Status } from '@kubelab/api';
import type { User } from '../authn/user.js';
import type { Attributes, Verdict } from '../authz/authorizer.js';
import type { AuditLog } from './audit-log.js';
import { bodyText } from './body-text.js';
import { type AuditEvent, eventLine, type LogFormat, type ObjectReference } from './event.js';
import { type AuditDecision, type AuditPolicy, type AuditStage, auditDecision } from './policy.js';

/** A request as it came, before anything is known of it. */
export interface ReceivedRequest {
  /** As the client asks for it; "" for a new one. */
  readonly auditId: string;
  readonly requestUri: string;
  readonly sourceIps: readonly string[];
  readonly userAgent: string;
}

/** Makes the events of a server. */
export interface Auditor {
  begin(request: ReceivedRequest): AuditRecord;
  close(): void;
}

/** The events of one request. */
export interface AuditRecord {
  readonly auditId: string;
  /** Who shows the credentials; `identify` knows as whom he acts. */
  authenticated(user: User): void;
  /** What the request is about: what the policy asks. The event RequestReceived. */
  identify(attributes: Attributes): void;
  decided(verdict: Verdict): void;
  annotate(key: string, value: string): void;
  requestBody(bytes: Buffer, contentType: string): void;
  /** The first bytes of a long answer are on their way: ResponseStarted. */
  started(code: number): void;
  answered(code: number, encoded: Buffer | undefined): void;
  failed(error: ApiError, isExpected: boolean): void;
  /** The request is over: ResponseComplete, or Panic. The code is for who has not answered here. Later calls do nothing. */
  complete(code: number): void;
}

export interface AuditorOptions {
  readonly policy: AuditPolicy;
  readonly log: AuditLog;
  readonly format: LogFormat;
  readonly nowMs?: () => number;
}

const NOT_YET: AuditDecision = { level: 'None', omitStages: new Set(), omitManagedFields: false };
const MAX_ID_LENGTH = 64;

export function createAuditor(options: AuditorOptions): Auditor {
  return {
    begin: (request) => new RequestRecord(options, request),
    close: () => options.log.close(),
  };
}

/** The id that goes with a request: the client's own, or a new one. */
export function auditIdOf(given: string | undefined): string {
  return given ? given.slice(0, MAX_ID_LENGTH) : randomUUID();
}

class RequestRecord implements AuditRecord {
  readonly auditId: string;
  readonly #options: AuditorOptions;
  readonly #request: ReceivedRequest;
  readonly #nowMs: () => number;
  readonly #receivedMs: number;
  readonly #annotations = new Map<string, string>();
  #decision = NOT_YET;
  #attributes: Attributes | undefined;
  #credentials: User | undefined;
  #status: Status | undefined;
  #code = 0;
  #requestText: string | undefined;
  #responseText: string | undefined;
  #panicked = false;
  #over = false;

  constructor(options: AuditorOptions, request: ReceivedRequest) {
    this.#options = options;
    this.#request = request;
    this.auditId = auditIdOf(request.auditId);
    this.#nowMs = options.nowMs ?? Date.now;
    this.#receivedMs = this.#nowMs();
  }

  authenticated(user: User): void {
    this.#credentials = user;
  }

  identify(attributes: Attributes): void {
    if (this.#attributes !== undefined) return;
    this.#attributes = attributes;
    this.#decision = auditDecision(this.#options.policy, attributes);
    this.#emit('RequestReceived');
  }

  decided({ decision, reason }: Verdict): void {
    this.annotate('authorization.k8s.io/decision', decision === 'allow' ? 'allow' : 'forbid');
    this.annotate('authorization.k8s.io/reason', reason);
  }

  annotate(key: string, value: string): void {
    // The first word counts, as in Kubernetes.
    if (this.#decision.level !== 'None' && !this.#annotations.has(key)) this.#annotations.set(key, value);
  }

  requestBody(bytes: Buffer, contentType: string): void {
    const { level, omitManagedFields } = this.#decision;
    if (level !== 'Request' && level !== 'RequestResponse') return;
    this.#requestText = bodyText(bytes, contentType, omitManagedFields);
  }

  started(code: number): void {
    this.#code = code;
    this.#emit('ResponseStarted');
  }

  answered(code: number, encoded: Buffer | undefined): void {
    this.#code = code;
    const { level, omitManagedFields } = this.#decision;
    if (level !== 'RequestResponse' || encoded === undefined) return;
    this.#responseText = bodyText(encoded, 'application/json', omitManagedFields);
  }

  failed(error: ApiError, isExpected: boolean): void {
    this.#status = error.toStatus();
    this.#code = error.code;
    this.#panicked = !isExpected;
  }

  complete(code: number): void {
    if (this.#over) return;
    if (this.#code === 0) this.#code = code;
    this.#over = true;
    this.#emit(this.#panicked ? 'Panic' : 'ResponseComplete');
  }

  #emit(stage: AuditStage): void {
    const { level, omitStages } = this.#decision;
    if (level === 'None' || omitStages.has(stage)) return;
    const isReceived = stage === 'RequestReceived';
    const { user } = this.#attributes ?? {};
    const acting = this.#credentials !== undefined && user !== this.#credentials ? user : undefined;
    const event: AuditEvent = {
      level,
      auditId: this.auditId,
      stage,
      requestUri: this.#request.requestUri,
      verb: this.#attributes?.verb ?? '',
      user: this.#credentials ?? user,
      impersonatedUser: acting,
      sourceIps: this.#request.sourceIps,
      userAgent: this.#request.userAgent,
      objectRef: this.#objectRef(),
      responseStatus: isReceived ? undefined : this.#responseStatus(),
      requestText: isReceived ? undefined : this.#requestText,
      responseText: isReceived || stage === 'ResponseStarted' ? undefined : this.#responseText,
      receivedMs: this.#receivedMs,
      stageMs: isReceived ? this.#receivedMs : this.#nowMs(),
      annotations: isReceived ? new Map() : this.#annotations,
    };
    this.#options.log.write(eventLine(event, this.#options.format));
  }

  #responseStatus(): object {
    if (this.#status === undefined) return { metadata: {}, code: this.#code };
    const { status, message, reason, details, code } = this.#status;
    return { metadata: {}, status, message, reason, details, code };
  }

  #objectRef(): ObjectReference | undefined {
    const { resource, namespace, name, subresource } = this.#attributes ?? {};
    if (resource === undefined) return undefined;
    // Mostly a row of the resource table, which says more than the attributes ask for.
    const { version } = resource as { version?: string };
    return {
      resource: resource.plural,
      ...(namespace ? { namespace } : {}),
      ...(name ? { name } : {}),
      ...(resource.group === '' ? {} : { apiGroup: resource.group }),
      ...(version === undefined ? {} : { apiVersion: version }),
      ...(subresource ? { subresource } : {}),
    };
  }
}

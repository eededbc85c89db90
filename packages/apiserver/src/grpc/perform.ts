import { ApiError, type DeleteOptions, isApiError, leases, validateFieldManager } from '@kubelab/api';
import {
  type CreateMessage,
  type DeleteCollectionMessage,
  type DeleteMessage,
  type GetMessage,
  type ListMessage,
  newTraceContext,
  type PatchMessage,
  parseTraceparent,
  type TraceContext,
  type Tracer,
  type WatchMessage,
} from '@kubelab/runtime';
import { auditedCall, beginCall, recordBody } from '../audit/audited-call.js';
import type { Auditor, AuditRecord } from '../audit/auditor.js';
import type { User } from '../authn/user.js';
import { authorize } from '../authz/authorize.js';
import type { Authorizer } from '../authz/authorizer.js';
import { selectedName } from '../authz/selected-name.js';
import { decodeDefinition } from '../registry/decode.js';
import { encodeList } from '../registry/encode-list.js';
import type { ListOptions } from '../registry/list.js';
import { objectPath } from '../registry/object-path.js';
import type { Registry, Target } from '../registry/registry.js';
import type { Body, RequestContext, Verb, WriteAnswer } from '../registry/request.js';
import { toApiError } from '../registry/to-api-error.js';
import type { Watch } from '../registry/watch.js';
import type { TargetResolver } from './targets.js';

/** The unary requests, by the field that a Session carries them in. */
export interface UnaryMessages {
  get: GetMessage;
  list: ListMessage;
  create: CreateMessage;
  update: CreateMessage;
  patch: PatchMessage;
  delete: DeleteMessage;
  deleteCollection: DeleteCollectionMessage;
}

export interface Caller {
  readonly user: User;
  /** Whose signal aborts when nobody waits for the answer any more. */
  readonly end: { readonly signal: AbortSignal };
  /** `192.0.2.1:1234` */
  readonly peer?: string;
  /** Of the request; undefined while nothing is audited. */
  readonly audit?: AuditRecord;
}

/** The registry as both the unary methods and the Session call it. Failures are ApiErrors. */
export interface Performer {
  /** Resolves with the answer, encoded. */
  unary<K extends keyof UnaryMessages>(kind: K, message: UnaryMessages[K], caller: Caller): Promise<Buffer>;
  watch(message: WatchMessage, caller: Caller): Promise<{ target: Target; watch: Watch }>;
}

export interface PerformerOptions {
  readonly registry: Registry;
  readonly authorizer: Authorizer;
  readonly resolve: TargetResolver;
  readonly tracer: Tracer;
  /** Undefined: nothing is audited. */
  readonly auditor: Auditor | undefined;
}

const JSON_BODY = 'application/json';

export function createPerformer(options: PerformerOptions): Performer {
  const { registry, resolve, tracer, auditor } = options;

  async function begin(
    message: { target: GetMessage['target']; fieldSelector?: string },
    verb: Verb,
    { user, audit }: Caller,
  ): Promise<Target> {
    const { fieldSelector = '' } = message;
    const target = resolve(message.target, verb);
    const { resource, subresource, key } = target;
    const name = key.name || selectedName(fieldSelector);
    const attributes = { user, verb, resource, subresource, namespace: key.namespace, name, path: '', fieldSelector };
    await authorize(options.authorizer, attributes, audit);
    return target;
  }

  /**
   * A write is a span, whose context is stored with what it writes. Not the
   * renewal of a lease: nothing follows from it, and those of a few thousand
   * nodes would leave no room for other spans.
   */
  async function write(
    message: { target: GetMessage['target']; traceparent: string; fieldManager?: string },
    verb: Verb,
    caller: Caller,
    work: (target: Target, context: RequestContext) => Promise<WriteAnswer>,
  ): Promise<Buffer> {
    const target = await begin(message, verb, caller);
    if (caller.audit) recordBody(caller.audit, message);
    const { resource, subresource, key } = target;
    const path = subresource === '' ? resource.plural : `${resource.plural}/${subresource}`;
    const isRenewal = verb === 'update' && resource.plural === leases.plural;
    const parent = parseTraceparent(message.traceparent) ?? (isRenewal ? undefined : newTraceContext(true));
    const span = tracer.startSpan(`${verb} ${path}`, { parent });
    try {
      const { answer, name } = await work(target, contextOf(caller, span.context, managerOf(message, caller)));
      span.setAttribute('object', objectPath(resource, key.namespace, name));
      span.end();
      return answer.encoded;
    } catch (error) {
      if (key.name !== '') span.setAttribute('object', objectPath(resource, key.namespace, key.name));
      span.end({ error });
      throw error;
    }
  }

  /** A watch is over when its caller says so. */
  async function beginWatch(message: WatchMessage, caller: Caller): Promise<Target> {
    if (auditor === undefined) return begin(message, 'watch', caller);
    const audit = beginCall(auditor, message, caller);
    try {
      const target = await begin(message, 'watch', { ...caller, audit });
      audit.started(200);
      caller.end.signal.addEventListener('abort', () => audit.complete(200), { once: true });
      return target;
    } catch (error) {
      audit.failed(toApiError(error), isApiError(error));
      audit.complete(0);
      throw error;
    }
  }

  const handlers: { [K in keyof UnaryMessages]: (message: UnaryMessages[K], caller: Caller) => Promise<Buffer> } = {
    async get(message, caller) {
      const target = await begin(message, 'get', caller);
      return (await registry.get(target, message.resourceVersion)).encoded;
    },
    async list(message, caller) {
      const { resource, key } = await begin(message, 'list', caller);
      const page = await registry.list(resource, listOptionsOf(message, key.namespace), contextOf(caller));
      return encodeList(resource, page, message);
    },
    create: (message, caller) =>
      write(message, 'create', caller, (target, context) =>
        registry.create(target, jsonBody(message.object), writeOptionsOf(message), context),
      ),
    update: (message, caller) =>
      write(message, 'update', caller, (target, context) =>
        registry.update(target, jsonBody(message.object), writeOptionsOf(message), context),
      ),
    patch: (message, caller) =>
      write(message, 'patch', caller, (target, context) => {
        const body = { bytes: message.patch, contentType: message.patchType };
        return registry.patch(target, body, { ...writeOptionsOf(message), force: message.force }, context);
      }),
    delete: (message, caller) =>
      write(message, 'delete', caller, (target, context) =>
        registry.delete(target, deleteOptionsOf(message.options, context), context),
      ),
    async deleteCollection(message, caller) {
      const { resource, key } = await begin(message, 'deletecollection', caller);
      const parent = parseTraceparent(message.traceparent) ?? newTraceContext(true);
      return tracer.span(`deletecollection ${resource.plural}`, { parent }, async (span) => {
        const context = contextOf(caller, span.context);
        const options = deleteOptionsOf(message.options, context);
        const page = await registry.deleteCollection(resource, listOptionsOf(message, key.namespace), options, context);
        return encodeList(resource, page);
      });
    },
  };

  return {
    unary(kind, message, caller) {
      if (auditor === undefined) return handlers[kind](message, caller);
      const audit = beginCall(auditor, message, caller);
      const code = kind === 'create' ? 201 : 200;
      return auditedCall(audit, code, () => handlers[kind](message, { ...caller, audit }));
    },
    async watch(message, caller) {
      const target = await beginWatch(message, caller);
      const { labelSelector, fieldSelector, resourceVersion } = message;
      const sendInitialEvents = message.sendInitialEvents || undefined;
      checkVersion(resourceVersion);
      const options = { ...target.key, labelSelector, fieldSelector, resourceVersion, sendInitialEvents };
      return { target, watch: registry.watch(target.resource, options, caller.end.signal) };
    },
  };
}

function contextOf({ user, end, audit }: Caller, trace?: TraceContext, fieldManager?: string): RequestContext {
  return {
    user,
    get signal() {
      return end.signal;
    },
    trace,
    ...(fieldManager === undefined ? {} : { fieldManager }),
    // What is unknown is refused, so there is nothing to warn of.
    warn: () => {},
    annotate: (key, value) => audit?.annotate(key, value),
  };
}

/** Who names no manager is one under his user name. @throws ApiError BadRequest */
function managerOf({ fieldManager = '' }: { fieldManager?: string }, { user }: Caller): string {
  const [error] = validateFieldManager(fieldManager, 'fieldManager');
  if (error !== undefined) throw new ApiError('BadRequest', `${error.field}: ${error.message}`);
  return fieldManager || user.name;
}

function writeOptionsOf({ dryRun }: { dryRun: boolean }) {
  return { dryRun, fieldValidation: 'Strict' } as const;
}

function jsonBody(bytes: Buffer): Body {
  return { bytes, contentType: JSON_BODY };
}

function deleteOptionsOf(bytes: Buffer, context: RequestContext): DeleteOptions {
  return bytes.length === 0 ? {} : decodeDefinition<DeleteOptions>('DeleteOptions', jsonBody(bytes), 'Strict', context);
}

function listOptionsOf(message: Partial<ListMessage>, namespace: string): ListOptions {
  const { resourceVersion = '', resourceVersionMatch = '' } = message;
  checkVersion(resourceVersion);
  if (!['', 'Exact', 'NotOlderThan'].includes(resourceVersionMatch)) {
    throw new ApiError('BadRequest', `invalid resourceVersionMatch ${JSON.stringify(resourceVersionMatch)}`);
  }
  return {
    namespace,
    labelSelector: message.labelSelector ?? '',
    fieldSelector: message.fieldSelector ?? '',
    limit: message.limit ?? 0,
    continueToken: message.continueToken ?? '',
    resourceVersion,
    resourceVersionMatch: resourceVersionMatch as ListOptions['resourceVersionMatch'],
  };
}

function checkVersion(resourceVersion: string): void {
  if (/^\d*$/.test(resourceVersion)) return;
  throw new ApiError('BadRequest', `invalid resourceVersion ${JSON.stringify(resourceVersion)}`);
}

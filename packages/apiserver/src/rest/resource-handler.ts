import { type DeleteOptions, PATCH_TYPES, type ResourceType } from '@kubelab/api';
import type { Tracer } from '@kubelab/runtime';
import { authorize } from '../authz/authorize.js';
import type { Authorizer } from '../authz/authorizer.js';
import { selectedName } from '../authz/selected-name.js';
import { isEncodable } from '../protobuf/encode-protobuf.js';
import { decodeDefinition } from '../registry/decode.js';
import { methodNotAllowed, notServed } from '../registry/not-served.js';
import { objectPath } from '../registry/object-path.js';
import type { Registry, Target } from '../registry/registry.js';
import type { Body, RequestContext, Verb, WriteAnswer, WriteOptions } from '../registry/request.js';
import type { ListPage } from '../storage/storage.js';
import { integerOf } from '../streams/query-values.js';
import { checkObjectType, readBody } from './body.js';
import { contextOf, type Exchange } from './exchange.js';
import type { InFlight } from './in-flight.js';
import { negotiate } from './negotiation.js';
import { flagOf, isWatch, listOptionsOf, mergeDeleteOptions, watchOptionsOf, writeOptionsOf } from './parameters.js';
import { sendObject, sendPage } from './send-object.js';
import type { StreamingHandler, Upgrade } from './stream-handler.js';
import { streamWatch } from './watch-answer.js';
import { httpWatchSink, webSocketWatchSink } from './watch-sink.js';

/** What a path stands for. */
export interface ResourcePath {
  readonly resource: ResourceType;
  readonly subresource: string;
  /** True when the path names one object. */
  readonly named: boolean;
  /** Kubernetes' older `/watch/` paths. */
  readonly alwaysWatches?: boolean;
}

export interface ResourceHandlerOptions {
  readonly registry: Registry;
  readonly authorizer: Authorizer;
  readonly inFlight: InFlight;
  readonly tracer: Tracer;
  /** Watches end when it aborts. */
  readonly stopping: AbortSignal;
}

/** The verbs of one path of the API. */
export function resourceHandler(path: ResourcePath, options: ResourceHandlerOptions): StreamingHandler {
  const { registry, authorizer, inFlight, tracer } = options;
  const { resource, subresource } = path;
  const allowed = allowedVerbs(path);

  return async (exchange, upgrade) => {
    const verb = verbOf(exchange, path);
    const { namespace = '', name = '' } = exchange.parameters;
    const target: Target = { resource, subresource, key: { namespace, name } };
    const known = verb !== undefined && allowed.has(verb);
    const fieldSelector = exchange.query.get('fieldSelector') ?? '';
    const meant = path.named ? name : selectedName(fieldSelector);
    const attributes = { resource, subresource, namespace, name: meant, path: exchange.path, fieldSelector };
    await authorize(
      authorizer,
      { ...attributes, user: exchange.user, verb: verb ?? exchange.method.toLowerCase() },
      exchange.audit,
    );
    if (!known) throw methodNotAllowed();
    if (resource.view?.deprecation !== undefined) exchange.warnings.add(resource.view.deprecation);
    if (verb === 'watch') return watch(exchange, target, options, upgrade);
    const reads = verb === 'get' || verb === 'list';
    const leave = await inFlight.enter(reads ? 'readOnly' : 'mutating', exchange);
    try {
      if (verb === 'get') return await get(exchange, target, registry);
      if (verb === 'list') return await list(exchange, target, registry);
      await write(exchange, verb, target, registry, tracer);
    } finally {
      leave();
    }
  };
}

/** Whether the kind can be answered in protobuf. */
function isWritten({ resource }: Target): boolean {
  return isEncodable(resource.definition);
}

function allowedVerbs({ resource, subresource, named }: ResourcePath): ReadonlySet<Verb> {
  if (subresource !== '') {
    const row = resource.subresources.find(({ name }) => name === subresource);
    return new Set(row?.verbs as Verb[] | undefined);
  }
  const possible: readonly Verb[] = named
    ? ['get', 'update', 'patch', 'delete', 'watch']
    : ['list', 'create', 'deletecollection', 'watch'];
  const { verbs } = resource;
  return new Set(verbs === undefined ? possible : possible.filter((verb) => verbs.includes(verb)));
}

function verbOf({ method, query }: Exchange, { named, subresource, alwaysWatches }: ResourcePath): Verb | undefined {
  switch (method) {
    case 'GET':
      // One object is watched by fieldSelector=metadata.name=NAME of its collection, or by the older path.
      if (alwaysWatches || (!named && subresource === '' && isWatch(query))) return 'watch';
      return named ? 'get' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return named ? 'delete' : 'deletecollection';
    default:
      return undefined;
  }
}

async function get(exchange: Exchange, target: Target, registry: Registry): Promise<void> {
  const representation = negotiate(exchange.message.headers.accept, { many: false, hasProtobuf: isWritten(target) });
  const answer = await registry.get(target, exchange.query.get('resourceVersion') ?? '');
  await sendObject(exchange, 200, answer, target, representation);
}

async function list(exchange: Exchange, target: Target, registry: Registry): Promise<void> {
  const representation = negotiate(exchange.message.headers.accept, { many: true, hasProtobuf: isWritten(target) });
  const { resource, key } = target;
  const page = await registry.list(resource, listOptionsOf(exchange.query, key.namespace), contextOf(exchange));
  await sendPage(exchange, resource, page, representation);
}

async function watch(
  exchange: Exchange,
  target: Target,
  options: ResourceHandlerOptions,
  upgrade: Upgrade | undefined,
): Promise<void> {
  const { query, message } = exchange;
  const representation = negotiate(message.headers.accept, {
    many: false,
    hasProtobuf: isWritten(target),
    streams: true,
  });
  const { resource, key } = target;
  const { format } = representation;
  const watchOptions = watchOptionsOf(query, key.namespace, key.name);
  const timeoutSeconds = integerOf(query, 'timeoutSeconds');
  const end = new AbortController();
  const stop = () => end.abort();
  options.stopping.addEventListener('abort', stop, { once: true });
  try {
    const watched = options.registry.watch(resource, watchOptions, end.signal);
    await streamWatch(exchange, {
      resource,
      representation,
      watch: watched,
      end,
      bookmarks: flagOf(query, 'allowWatchBookmarks') ?? false,
      timeoutSeconds,
      sink: upgrade ? webSocketWatchSink(exchange, upgrade, format) : httpWatchSink(exchange, format),
    });
  } finally {
    options.stopping.removeEventListener('abort', stop);
  }
}

/** Every write is a span, whose context is stored with what it writes. */
async function write(
  exchange: Exchange,
  verb: Verb,
  target: Target,
  registry: Registry,
  tracer: Tracer,
): Promise<void> {
  const representation = negotiate(exchange.message.headers.accept, {
    many: verb === 'deletecollection',
    hasTable: target.resource.stored !== false,
    hasProtobuf: isWritten(target),
  });
  const body = await readBody(exchange.message);
  exchange.audit?.requestBody(body.bytes, body.contentType);
  if (verb !== 'patch') checkObjectType(body);
  const { resource, subresource, key } = target;
  const path = subresource === '' ? resource.plural : `${resource.plural}/${subresource}`;
  const span = tracer.startSpan(`${verb} ${path}`, { parent: exchange.trace });
  try {
    const context = contextOf(exchange, span.context);
    if (verb === 'deletecollection') {
      const page = await removeCollection(exchange, target, body, registry, context);
      await sendPage(exchange, resource, page, representation);
    } else {
      const answer = await perform(exchange, verb, target, body, registry, context);
      span.setAttribute('object', objectPath(resource, key.namespace, answer.name));
      await sendObject(exchange, answer.status, answer.answer, target, representation);
    }
    span.end();
  } catch (error) {
    if (key.name !== '') span.setAttribute('object', objectPath(resource, key.namespace, key.name));
    span.end({ error });
    throw error;
  }
}

function perform(
  exchange: Exchange,
  verb: Verb,
  target: Target,
  body: Body,
  registry: Registry,
  context: RequestContext,
): Promise<WriteAnswer> {
  const { query } = exchange;
  switch (verb) {
    case 'create':
      return registry.create(target, body, writeOptionsOf(query, 'CreateOptions'), context);
    case 'update':
      return registry.update(target, body, writeOptionsOf(query, 'UpdateOptions'), context);
    case 'patch':
      return registry.patch(target, body, patchOptionsOf(query, body), context);
    case 'delete':
      return registry.delete(target, deleteOptionsOf(exchange, body, context), context);
    default:
      throw notServed();
  }
}

function patchOptionsOf(query: URLSearchParams, { contentType }: Body): WriteOptions {
  return writeOptionsOf(query, 'PatchOptions', PATCH_TYPES[contentType] === 'apply');
}

function removeCollection(
  exchange: Exchange,
  { resource, key }: Target,
  body: Body,
  registry: Registry,
  context: RequestContext,
): Promise<ListPage> {
  const listOptions = listOptionsOf(exchange.query, key.namespace);
  return registry.deleteCollection(resource, listOptions, deleteOptionsOf(exchange, body, context), context);
}

function deleteOptionsOf({ query }: Exchange, body: Body, context: RequestContext): DeleteOptions {
  if (body.bytes.length === 0) return mergeDeleteOptions(undefined, query);
  const sent = decodeDefinition<DeleteOptions>('DeleteOptions', body, 'Warn', context);
  return mergeDeleteOptions(sent, query);
}

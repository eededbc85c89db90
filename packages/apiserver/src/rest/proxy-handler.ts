import type { ResourceType } from '@kubelab/api';
import { pods } from '@kubelab/api';
import { authorize } from '../authz/authorize.js';
import type { Authorizer } from '../authz/authorizer.js';
import { encodeList } from '../registry/encode-list.js';
import { methodNotAllowed } from '../registry/not-served.js';
import type { Registry } from '../registry/registry.js';
import { proxyExchange } from '../streams/proxy/proxy-exchange.js';
import type { StreamHandlers } from '../streams/stream-handlers.js';
import { send, sendText } from './answer.js';
import { contextOf, type Exchange } from './exchange.js';
import { type ProxiedPlural, proxyTarget } from './proxy-target.js';
import type { StreamingHandler } from './stream-handler.js';

export interface ProxyHandlerOptions {
  readonly registry: Registry;
  readonly authorizer: Authorizer;
  readonly streams: StreamHandlers;
  /** Everything under way ends when it aborts. */
  readonly stopping: AbortSignal;
}

const VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  OPTIONS: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** `proxy` of pods, services and nodes: the request goes on to whoever listens there, and the answer comes back. */
export function proxyHandler(resource: ResourceType, options: ProxyHandlerOptions): StreamingHandler {
  const { registry, authorizer, streams, stopping } = options;
  return async (exchange, upgrade) => {
    const { method, user, path, trace, message, response, parameters } = exchange;
    const { namespace = '', name = '' } = parameters;
    const verb = VERBS[method];
    if (verb === undefined) throw methodNotAllowed();
    await authorize(authorizer, { user, verb, resource, subresource: 'proxy', namespace, name, path }, exchange.audit);
    const { prefix, rest } = splitPath(path, resource.namespaced);
    if (rest === '' && (method === 'GET' || method === 'HEAD') && upgrade === undefined) {
      return redirect(exchange, `${path}/`);
    }
    const signal = AbortSignal.any([exchange.signal, stopping]);
    const plural = resource.plural as ProxiedPlural;
    const target = await proxyTarget(plural, { namespace, name }, { registry, streams, trace, signal });
    if (target.kind === 'kubelet') return answerAsKubelet(exchange, target.nodeName, rest, options);
    const search = queryOf(message.url ?? '');
    await proxyExchange({ ...target, message, response, upgrade, prefix, target: (rest || '/') + search });
  };
}

/** The path up to and with `/proxy`, and what comes after it, as it was sent. */
function splitPath(path: string, namespaced: boolean): { prefix: string; rest: string } {
  // "", api, v1, namespaces, NAMESPACE, RESOURCE, NAME, proxy
  const segments = path.split('/');
  const length = namespaced ? 8 : 6;
  const prefix = segments.slice(0, length).join('/');
  return { prefix, rest: path.slice(prefix.length) };
}

function queryOf(url: string): string {
  const mark = url.indexOf('?');
  return mark < 0 ? '' : url.slice(mark);
}

/** A page's relative links need the slash. */
function redirect({ message, response }: Exchange, location: string): void {
  response.writeHead(301, { Location: location + queryOf(message.url ?? '') });
  response.end();
}

/** Kubelets here speak gRPC: what their HTTP server would tell is put together of that. */
async function answerAsKubelet(
  exchange: Exchange,
  nodeName: string,
  path: string,
  { registry, streams }: ProxyHandlerOptions,
): Promise<void> {
  if (exchange.method !== 'GET' && exchange.method !== 'HEAD') throw methodNotAllowed();
  switch (path.replace(/\/$/, '')) {
    case '/healthz':
      await streams.nodeStats(nodeName, exchange.signal);
      return sendText(exchange, 200, 'ok');
    case '/stats/summary':
      return send(exchange, { status: 200, encoded: await streams.nodeStats(nodeName, exchange.signal) });
    case '/pods': {
      const list = { namespace: '', labelSelector: '', fieldSelector: `spec.nodeName=${nodeName}`, limit: 0 };
      const versions = { continueToken: '', resourceVersion: '', resourceVersionMatch: '' } as const;
      const page = await registry.list(pods as never, { ...list, ...versions }, contextOf(exchange));
      return send(exchange, { status: 200, encoded: encodeList(pods as never, page) });
    }
    default:
      return sendText(exchange, 404, '404 page not found\n');
  }
}

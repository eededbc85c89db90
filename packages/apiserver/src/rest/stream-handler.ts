import type { Duplex } from 'node:stream';
import { type Persisted, type Pod, pods } from '@kubelab/api';
import { authorize } from '../authz/authorize.js';
import type { Authorizer } from '../authz/authorizer.js';
import { methodNotAllowed } from '../registry/not-served.js';
import type { Registry } from '../registry/registry.js';
import type { StreamHandlers, StreamRequest, StreamSubresource } from '../streams/stream-handlers.js';
import type { Exchange } from './exchange.js';

export interface StreamHandlerOptions {
  readonly registry: Registry;
  readonly authorizer: Authorizer;
  readonly streams: StreamHandlers;
}

/** The client's side of an upgrade. */
export interface Upgrade {
  readonly socket: Duplex;
  readonly head: Buffer;
}

export type StreamingHandler = (exchange: Exchange, upgrade?: Upgrade) => Promise<void>;

/** Finds the pod and hands the connection on to whoever talks to its kubelet. */
export function streamHandler(subresource: StreamSubresource, options: StreamHandlerOptions): StreamingHandler {
  const { registry, authorizer, streams } = options;
  return async (exchange, upgrade) => {
    const { method, user, path, query, signal, trace, message, response } = exchange;
    const { namespace = '', name = '' } = exchange.parameters;
    // What runs in a container is more than reading, though WebSocket begins with a GET.
    const verb = subresource === 'log' ? 'get' : 'create';
    await authorize(authorizer, { user, verb, resource: pods, subresource, namespace, name, path }, exchange.audit);
    if (method !== 'GET' && (method !== 'POST' || subresource === 'log')) throw methodNotAllowed();
    const target = { resource: pods as never, subresource: '', key: { namespace, name } };
    const { object } = await registry.get(target, '');
    const request: StreamRequest = { subresource, user, pod: object as Persisted<Pod>, query, trace, signal };
    exchange.audit?.started(upgrade ? 101 : 200);
    if (upgrade) await streams.upgrade(request, message, upgrade.socket, upgrade.head);
    else await streams.serve(request, message, response);
  };
}

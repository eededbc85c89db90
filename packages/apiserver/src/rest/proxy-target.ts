import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  ApiError,
  type EndpointSubset,
  endpoints,
  type Node,
  nodes,
  type ObjectKey,
  type Persisted,
  type Pod,
  pods,
  services,
} from '@kubelab/api';
import { formatHostPort, type TraceContext } from '@kubelab/runtime';
import { getObject } from '../registry/get.js';
import type { Registry } from '../registry/registry.js';
import { kubeletEndpoint } from '../streams/kubelet/kubelet-endpoint.js';
import { type ProxyName, parseProxyName, portNumber } from '../streams/proxy/proxy-name.js';
import type { StreamHandlers } from '../streams/stream-handlers.js';

/** Where a proxied request goes. */
export type ProxyTarget =
  | {
      readonly kind: 'connection';
      readonly tls: boolean;
      readonly backend: string;
      readonly connect: () => Promise<Duplex>;
    }
  /** What would be a kubelet's own HTTP server, which ours have not. */
  | { readonly kind: 'kubelet'; readonly nodeName: string };

export interface ProxyTargetOptions {
  readonly registry: Registry;
  readonly streams: StreamHandlers;
  readonly trace: TraceContext | undefined;
  readonly signal: AbortSignal;
}

/** Kinds that have a proxy subresource. */
export type ProxiedPlural = 'pods' | 'services' | 'nodes';

/**
 * Finds who is meant by the name of a proxy request.
 * @throws ApiError BadRequest, NotFound, ServiceUnavailable, in Kubernetes' words
 */
export async function proxyTarget(
  plural: ProxiedPlural,
  key: ObjectKey,
  options: ProxyTargetOptions,
): Promise<ProxyTarget> {
  if (plural === 'pods') return podTarget(key.namespace, parseProxyName(key.name, 'pod'), options);
  if (plural === 'services') {
    return serviceTarget(key.namespace, key.name, parseProxyName(key.name, 'service'), options);
  }
  return nodeTarget(parseProxyName(key.name, 'node'), options);
}

async function podTarget(namespace: string, asked: ProxyName, options: ProxyTargetOptions): Promise<ProxyTarget> {
  const { object } = await getObject(options.registry.scope(pods), { namespace, name: asked.name }, '');
  const port = asked.port || String(firstPort(object) ?? '');
  return toPod(object, asked.scheme, portNumber({ ...asked, port }), options);
}

function firstPort({ spec }: Pod): number | undefined {
  return spec?.containers.find(({ ports }) => ports?.length)?.ports?.[0]?.containerPort;
}

function toPod(
  pod: Persisted<Pod>,
  scheme: string,
  port: number,
  { streams, trace, signal }: ProxyTargetOptions,
): ProxyTarget {
  const podIP = pod.status?.podIP;
  if (!podIP) throw new ApiError('BadRequest', 'address not allowed');
  return {
    kind: 'connection',
    tls: scheme === 'https',
    backend: formatHostPort(podIP, port),
    connect: () => streams.connectPod({ pod, port, trace, signal }),
  };
}

async function serviceTarget(
  namespace: string,
  id: string,
  asked: ProxyName,
  options: ProxyTargetOptions,
): Promise<ProxyTarget> {
  const { registry } = options;
  const key = { namespace, name: asked.name };
  const portName = await servicePortName(asked, key, registry);
  const { subsets = [] } = (await getObject(registry.scope(endpoints), key, '')).object;
  if (subsets.length === 0) throw noEndpoints(asked.name);
  for (const { podName, port } of shuffled(choicesOf(subsets, portName))) {
    const pod = await registry.scope(pods).storage.get({ namespace, name: podName });
    if (pod?.object.status?.podIP) return toPod(pod.object, asked.scheme, port, options);
  }
  throw noEndpoints(id);
}

/** A port's number stands for its name. */
async function servicePortName({ port, name }: ProxyName, key: ObjectKey, registry: Registry): Promise<string> {
  if (!/^[+-]?\d+$/.test(port)) return port;
  const { object } = await getObject(registry.scope(services), key, '');
  const found = object.spec?.ports?.find((candidate) => candidate.port === Number(port));
  if (found) return found.name ?? '';
  throw new ApiError('ServiceUnavailable', `no service port ${Number(port)} found for service ${JSON.stringify(name)}`);
}

/** Ready addresses behind a port, of which only those of pods count. */
function choicesOf(subsets: readonly EndpointSubset[], portName: string): { podName: string; port: number }[] {
  return subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports
      .filter(({ name }) => (name ?? '') === portName)
      .flatMap(({ port }) =>
        addresses.flatMap(({ targetRef }) =>
          targetRef?.kind === 'Pod' && targetRef.name ? [{ podName: targetRef.name, port }] : [],
        ),
      ),
  );
}

function noEndpoints(name: string): ApiError {
  return new ApiError('ServiceUnavailable', `no endpoints available for service ${JSON.stringify(name)}`);
}

/** From a random place on, so that requests spread. */
function shuffled<T>(items: readonly T[]): T[] {
  const start = Math.floor(Math.random() * items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}

async function nodeTarget(asked: ProxyName, { registry, signal }: ProxyTargetOptions): Promise<ProxyTarget> {
  const { object } = await getObject(registry.scope(nodes), { namespace: '', name: asked.name }, '');
  const { host, address } = kubeletEndpoint(object as Node);
  const port = asked.port === '' ? undefined : portNumber(asked);
  if (port === undefined || address === formatHostPort(host, port)) return { kind: 'kubelet', nodeName: asked.name };
  return {
    kind: 'connection',
    tls: asked.scheme === 'https',
    backend: formatHostPort(host, port),
    connect: () => dial(host, port, signal),
  };
}

function dial(host: string, port: number, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

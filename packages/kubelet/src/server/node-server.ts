import { readFile } from 'node:fs/promises';
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Pod } from '@kubelab/api';
import type { Informer } from '@kubelab/client';
import { type Clock, loadProto, parseTraceparent, type Tracer } from '@kubelab/runtime';
import type { Logger } from 'pino';
import type { ContainerCache } from '../container-cache.js';
import type { ContainerRuntime } from '../container-runtime/runtime.js';
import type { KubeletOptions } from '../options.js';
import { authorizePeer } from './authorize.js';
import { type OutgoingStream, signalOf, toServiceError } from './call-stream.js';
import { type ExecCall, serveExec } from './exec.js';
import { type LogsCall, serveLogs } from './logs.js';
import { type PortForwardCall, servePortForward } from './port-forward.js';

/** Where it listens, and as whom. */
export type NodeServerFlags = Pick<
  KubeletOptions,
  'nodeIp' | 'port' | 'servingCertFile' | 'servingKeyFile' | 'clientCaFile'
>;

export interface NodeServerOptions {
  readonly options: NodeServerFlags;
  readonly runtime: Pick<ContainerRuntime, 'logs' | 'exec' | 'attach'>;
  readonly cache: Pick<ContainerCache, 'of'>;
  readonly pods: Pick<Informer<Pod>, 'get'>;
  /** Kubernetes' stats/summary. */
  readonly summarize: () => Promise<object>;
  readonly clock: Clock;
  readonly tracer: Tracer;
  readonly log: Logger;
}

/** The gRPC service `kubelab.v1.Node`, over mutual TLS. */
export interface NodeServer {
  /** Listens until the signal aborts. Rejects where the port is taken or a certificate cannot be read. */
  run(signal: AbortSignal): Promise<void>;
}

const GRACE_MS = 2_000;

export function createNodeServer(server: NodeServerOptions): NodeServer {
  const { options, runtime, cache, pods, summarize, clock, tracer, log } = server;
  const directory = { pods, cache };

  function handlers(signal: AbortSignal): UntypedServiceImplementation {
    return {
      logs: streaming<LogsCall>(server, 'logs', signal, (call, either) =>
        tracer.span('read logs', { parent: parseTraceparent(call.request.traceparent) }, () =>
          serveLogs(call, { runtime, directory, clock }, either),
        ),
      ),
      exec: streaming<ExecCall>(server, 'exec', signal, (call, either) =>
        serveExec(call, 'exec', { runtime, directory, tracer }, either),
      ),
      attach: streaming<ExecCall>(server, 'attach', signal, (call, either) =>
        serveExec(call, 'attach', { runtime, directory, tracer }, either),
      ),
      portForward: streaming<PortForwardCall>(server, 'port-forward', signal, (call, either) =>
        servePortForward(call, directory, either),
      ),
      stats: (call: ServerUnaryCall<object, object>, callback: sendUnaryData<object>) => {
        answer(async () => {
          authorizePeer(call.getAuthContext().sslPeerCertificate);
          return { summary: Buffer.from(JSON.stringify(await summarize())) };
        }, callback);
      },
    };
  }

  return {
    async run(signal) {
      const [ca, certificate, key] = await Promise.all([
        readFile(options.clientCaFile),
        readFile(options.servingCertFile),
        readFile(options.servingKeyFile),
      ]);
      const grpc = new Server({ 'grpc.max_receive_message_length': 4 * 1024 * 1024, 'grpc.keepalive_time_ms': 20_000 });
      grpc.addService(loadProto().Node.service, handlers(signal));
      const credentials = ServerCredentials.createSsl(ca, [{ cert_chain: certificate, private_key: key }], true);
      const port = await bind(grpc, addressOf(options), credentials);
      log.info({ port }, 'serving logs, exec, attach, port-forward and stats');
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      await shutDown(grpc);
    },
  };
}

function addressOf({ nodeIp, port }: NodeServerFlags): string {
  return nodeIp.includes(':') ? `[${nodeIp}]:${port}` : `${nodeIp}:${port}`;
}

function bind(grpc: Server, address: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    grpc.bindAsync(address, credentials, (error, port) => (error ? reject(error) : resolve(port)));
  });
}

function shutDown(grpc: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => grpc.forceShutdown(), GRACE_MS);
    grpc.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

type StreamingCall = LogsCall | ExecCall | PortForwardCall;

/** Who asks is checked before anything is read; what fails ends the stream as a status. */
function streaming<C extends StreamingCall>(
  { log }: NodeServerOptions,
  name: string,
  signal: AbortSignal,
  serve: (call: C, signal: AbortSignal) => Promise<void>,
): (call: C) => void {
  return (call) => {
    const stream = call as unknown as OutgoingStream<unknown>;
    const either = signalOf(stream, signal);
    const work = async (): Promise<void> => {
      authorizePeer(call.getAuthContext().sslPeerCertificate);
      await serve(call, either);
    };
    work().then(
      () => stream.end(),
      (error: unknown) => {
        if (!either.aborted) log.debug({ error }, `${name} failed`);
        stream.emit('error', toServiceError(error));
      },
    );
  };
}

function answer(work: () => Promise<object>, callback: sendUnaryData<object>): void {
  work().then(
    (message) => callback(null, message),
    (error: unknown) => callback(toServiceError(error)),
  );
}

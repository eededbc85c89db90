import { Server, ServerCredentials } from '@grpc/grpc-js';
import { loadProto, type TlsMaterial } from '@kubelab/runtime';
import { type ApiServiceOptions, apiService } from './api-service.js';
import { createHealthService } from './health-service.js';
import { addReflection } from './reflection-service.js';

export interface GrpcServerOptions extends ApiServiceOptions {
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  readonly tls: TlsMaterial;
}

export interface GrpcServer {
  readonly port: number;
  /** What the health service answers. */
  setServing(serving: boolean): void;
  /** Takes no more calls, lets those in flight finish for up to `graceMs`, then cuts what is left. */
  close(graceMs: number): Promise<void>;
}

const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** gRPC over mutual TLS: a client without a certificate of the cluster's authority does not get past the handshake. */
export async function listenGrpc(options: GrpcServerOptions): Promise<GrpcServer> {
  const proto = loadProto();
  const server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': -1,
    'grpc.keepalive_time_ms': 20_000,
    'grpc.keepalive_timeout_ms': 10_000,
  });
  const health = createHealthService();
  server.addService(proto.Api.service, apiService(options));
  server.addService(proto.Health.service, health.implementation);
  addReflection(server);
  const { ca, cert, key } = options.tls;
  const credentials = ServerCredentials.createSsl(ca, [{ cert_chain: cert, private_key: key }], true);
  const address = options.host.includes(':') ? `[${options.host}]` : options.host;
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${address}:${options.port}`, credentials, (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    port,
    setServing: (serving) => health.set(serving ? 'SERVING' : 'NOT_SERVING'),
    close: (graceMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => {
          server.forceShutdown();
          // The connection of a client that was killed may never be seen to end; nothing is owed to it.
          resolve();
        }, graceMs);
        server.tryShutdown(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}

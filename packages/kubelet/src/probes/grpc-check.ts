import { type Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import type { DeepReadonly, GRPCAction } from '@kubelab/api';
import { loadProto } from '@kubelab/runtime';
import type { ProbeAttempt, ProbeTarget } from './probe-attempt.js';

interface HealthClient extends Client {
  check(
    request: { readonly service: string },
    options: { readonly deadline: number },
    callback: (error: ServiceError | null, answer?: { readonly status: string }) => void,
  ): { cancel(): void };
}

/** SERVING, by the gRPC health checking protocol, is success. */
export async function checkGrpc(
  { port, service = '' }: DeepReadonly<GRPCAction>,
  { podIP }: ProbeTarget,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeAttempt> {
  const address = `${podIP.includes(':') ? `[${podIP}]` : podIP}:${port}`;
  const { Health } = loadProto();
  const client = new Health(address, credentials.createInsecure(), {
    'grpc.primary_user_agent': 'kube-probe/1.34',
    // One attempt, one connection.
    'grpc.use_local_subchannel_pool': 1,
  }) as unknown as HealthClient;
  try {
    return await ask(client, { service, address, timeoutMs }, signal);
  } finally {
    client.close();
  }
}

function ask(
  client: HealthClient,
  { service, address, timeoutMs }: { service: string; address: string; timeoutMs: number },
  signal: AbortSignal,
): Promise<ProbeAttempt> {
  return new Promise((resolve, reject) => {
    const call = client.check({ service }, { deadline: Date.now() + timeoutMs }, (error, answer) => {
      signal.removeEventListener('abort', cancel);
      if (signal.aborted) return reject(signal.reason);
      if (!error && answer?.status === 'SERVING') return resolve({ outcome: 'success', output: 'service healthy' });
      resolve({ outcome: 'failure', output: error ? problemOf(error, address, timeoutMs) : unhealthy(answer?.status) });
    });
    const cancel = (): void => call.cancel();
    signal.addEventListener('abort', cancel, { once: true });
  });
}

function unhealthy(answer: string | undefined): string {
  return `service unhealthy (responded with "${answer ?? 'UNKNOWN'}")`;
}

function problemOf({ code, details }: ServiceError, address: string, timeoutMs: number): string {
  const limit = `${timeoutMs / 1000}s`;
  if (code === status.UNIMPLEMENTED) {
    return 'error: this server does not implement the grpc health protocol (grpc.health.v1.Health)';
  }
  if (code === status.DEADLINE_EXCEEDED) return `timeout: health rpc did not complete within ${limit}`;
  if (code === status.UNAVAILABLE) {
    return `timeout: failed to connect service "${address}" within ${limit}: ${details}`;
  }
  return `error: health rpc probe failed: ${details}`;
}

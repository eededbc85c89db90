import {
  status as Code,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';

export type ServingStatus = 'SERVING' | 'NOT_SERVING';

/** grpc.health.v1: whether this server takes requests. */
export interface HealthService {
  readonly implementation: UntypedServiceImplementation;
  /** Tells everybody who watches. */
  set(status: ServingStatus): void;
}

const SERVICES = new Set(['', 'kubelab.v1.Api']);

interface HealthRequest {
  readonly service: string;
}
interface HealthResponse {
  readonly status: ServingStatus | 'SERVICE_UNKNOWN';
}

export function createHealthService(): HealthService {
  let current: ServingStatus = 'NOT_SERVING';
  const watchers = new Set<ServerWritableStream<HealthRequest, HealthResponse>>();
  return {
    set(status) {
      if (status === current) return;
      current = status;
      for (const watcher of watchers) watcher.write({ status });
    },
    implementation: {
      check(call: ServerUnaryCall<HealthRequest, HealthResponse>, callback: sendUnaryData<HealthResponse>) {
        if (SERVICES.has(call.request.service)) callback(null, { status: current });
        else callback({ code: Code.NOT_FOUND, details: 'unknown service' });
      },
      watch(call: ServerWritableStream<HealthRequest, HealthResponse>) {
        if (!SERVICES.has(call.request.service)) {
          call.write({ status: 'SERVICE_UNKNOWN' });
          return;
        }
        watchers.add(call);
        call.on('cancelled', () => watchers.delete(call));
        call.on('close', () => watchers.delete(call));
        call.write({ status: current });
      },
    },
  };
}

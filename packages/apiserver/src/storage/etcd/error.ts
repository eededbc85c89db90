/** gRPC's status codes, those that etcd and the transport give. */
export const GrpcCode = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  resourceExhausted: 8,
  failedPrecondition: 9,
  outOfRange: 11,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** A call to etcd that failed. */
export class EtcdError extends Error {
  constructor(
    /** One of {@link GrpcCode}. */
    readonly code: number,
    message: string,
    /** False where etcd cannot have seen the request: a write was then certainly not made. */
    readonly sent: boolean,
    cause?: unknown,
  ) {
    super(message, { cause });
    this.name = 'EtcdError';
  }

  /** Another attempt, perhaps at another endpoint, may succeed. What was sent may have been done all the same. */
  get transient(): boolean {
    return TRANSIENT.has(this.code);
  }

  /** The revision asked for is no longer kept. */
  get compacted(): boolean {
    return this.code === GrpcCode.outOfRange && this.message.includes('compacted');
  }

  get leaseNotFound(): boolean {
    return this.code === GrpcCode.notFound && this.message.includes('lease not found');
  }
}

const TRANSIENT: ReadonlySet<number> = new Set([
  GrpcCode.cancelled,
  GrpcCode.unknown,
  GrpcCode.deadlineExceeded,
  GrpcCode.internal,
  GrpcCode.unavailable,
]);

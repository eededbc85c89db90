import { status as Code, Metadata, type ServiceError } from '@grpc/grpc-js';
import type { ApiError, ErrorReason } from '@kubelab/api';

/** The gRPC code of each reason. */
const CODES: Readonly<Record<ErrorReason, Code>> = {
  BadRequest: Code.INVALID_ARGUMENT,
  Unauthorized: Code.UNAUTHENTICATED,
  Forbidden: Code.PERMISSION_DENIED,
  NotFound: Code.NOT_FOUND,
  MethodNotAllowed: Code.UNIMPLEMENTED,
  NotAcceptable: Code.INVALID_ARGUMENT,
  AlreadyExists: Code.ALREADY_EXISTS,
  Conflict: Code.ABORTED,
  Gone: Code.OUT_OF_RANGE,
  Expired: Code.OUT_OF_RANGE,
  RequestEntityTooLarge: Code.RESOURCE_EXHAUSTED,
  UnsupportedMediaType: Code.INVALID_ARGUMENT,
  Invalid: Code.INVALID_ARGUMENT,
  TooManyRequests: Code.RESOURCE_EXHAUSTED,
  InternalError: Code.INTERNAL,
  ServiceUnavailable: Code.UNAVAILABLE,
  Timeout: Code.DEADLINE_EXCEEDED,
  ServerTimeout: Code.DEADLINE_EXCEEDED,
  Unknown: Code.UNKNOWN,
};

/** Clients refuse more than 8 KiB of headers. */
const MAX_TRAILER_BYTES = 6 * 1024;

/** A failure as a unary answer or the end of a stream; the trailer `kubelab-status-bin` has the whole Status. */
export function serviceError(error: ApiError): Partial<ServiceError> {
  const metadata = new Metadata();
  const status = encodeStatus(error);
  if (status.length <= MAX_TRAILER_BYTES) metadata.set('kubelab-status-bin', status);
  return { code: CODES[error.reason], details: error.message.slice(0, MAX_TRAILER_BYTES), metadata };
}

export function encodeStatus(error: ApiError): Buffer {
  return Buffer.from(JSON.stringify(error.toStatus()));
}

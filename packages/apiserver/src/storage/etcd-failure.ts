import { ApiError } from '@kubelab/api';
import { EtcdError, GrpcCode } from './etcd/error.js';

/** etcd's failure as the API tells it. Whatever else was thrown passes through. */
export function apiErrorOf(error: unknown): unknown {
  if (!(error instanceof EtcdError)) return error;
  if (error.message.includes('request is too large') || error.message.includes('larger than max')) {
    return new ApiError('RequestEntityTooLarge', 'etcdserver: request is too large', { cause: error });
  }
  if (error.message.includes('too many requests')) {
    return new ApiError('TooManyRequests', 'the storage is overloaded, please try again later', { cause: error });
  }
  if (error.transient || error.code === GrpcCode.resourceExhausted) {
    return new ApiError('ServiceUnavailable', `the storage does not answer: ${error.message}`, { cause: error });
  }
  return new ApiError('InternalError', `the storage failed: ${error.message}`, { cause: error });
}

/** A write that may or may not have been made: told as such, for a client must look before it tries again. */
export function outcomeUnknown(cause: unknown): ApiError {
  return new ApiError('Timeout', 'Timeout: the storage did not confirm the request in time, it may have been made', {
    details: { retryAfterSeconds: 1 },
    cause,
  });
}

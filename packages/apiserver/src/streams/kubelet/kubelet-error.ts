import { status as Code, type Metadata, type ServiceError } from '@grpc/grpc-js';
import { ApiError, type ErrorReason, type Status } from '@kubelab/api';

const REASONS: Partial<Record<Code, ErrorReason>> = {
  [Code.INVALID_ARGUMENT]: 'BadRequest',
  [Code.NOT_FOUND]: 'NotFound',
  [Code.PERMISSION_DENIED]: 'Forbidden',
};

/** The trailer in which a kubelet sends the Status that a call failed with. */
const STATUS_TRAILER = 'kubelab-status-bin';

/** What a client of the API is told of a call to a kubelet that failed. */
export function fromKubelet(error: ServiceError): ApiError {
  const told = statusOf(error.metadata);
  if (told) return ApiError.fromStatus(told);
  if (error.code === Code.UNAVAILABLE) {
    return new ApiError('InternalError', `error dialing backend: ${error.details}`, { cause: error });
  }
  return new ApiError(REASONS[error.code] ?? 'InternalError', error.details || error.message, { cause: error });
}

function statusOf(metadata: Metadata | undefined): Status | undefined {
  const [bytes] = metadata?.get(STATUS_TRAILER) ?? [];
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(bytes.toString()) as Status;
  } catch {
    // The code and the text of the call itself are there too.
    return undefined;
  }
}

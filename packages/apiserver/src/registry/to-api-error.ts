import { ApiError } from '@kubelab/api';

/** What went wrong inside is for the log; the client learns that something did. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new ApiError('InternalError', `Internal error occurred: ${text}`, {
    cause: error,
    details: { causes: [{ message: text }] },
  });
}

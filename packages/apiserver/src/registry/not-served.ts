import { ApiError } from '@kubelab/api';

/** 404 for a path under a served API group that names nothing. */
export function notServed(): ApiError {
  return new ApiError('NotFound', 'the server could not find the requested resource', { details: {} });
}

/** 405 for a verb that the path does not have. */
export function methodNotAllowed(): ApiError {
  return new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {
    details: {},
  });
}

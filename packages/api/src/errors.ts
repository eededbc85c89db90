import type { Status, StatusCause, StatusDetails } from './generated/types.js';

/** Kubernetes' reasons and the HTTP status that each one answers with. */
export const STATUS_CODES = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
  ServerTimeout: 500,
  /** What Kubernetes answers without a reason: the Status has none. */
  Unknown: 500,
} as const;

export type ErrorReason = keyof typeof STATUS_CODES;

export interface ApiErrorOptions {
  details?: StatusDetails;
  /** Of the Status: where a list that has expired may go on. */
  metadata?: { readonly continue: string };
  /** Kept for the log, never sent to a client. */
  cause?: unknown;
  /** Overrides the reason's usual HTTP status. */
  code?: number;
}

/**
 * The one error class of the API. Turned into an HTTP `Status` or a gRPC
 * status at the edge and nowhere else.
 */
export class ApiError extends Error {
  readonly reason: ErrorReason;
  readonly code: number;
  readonly details: StatusDetails | undefined;
  readonly metadata: ApiErrorOptions['metadata'];

  constructor(reason: ErrorReason, message: string, options: ApiErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'ApiError';
    this.reason = reason;
    this.code = options.code ?? STATUS_CODES[reason];
    this.details = options.details;
    this.metadata = options.metadata;
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: { ...this.metadata },
      status: 'Failure',
      message: this.message,
      ...(this.reason === 'Unknown' ? {} : { reason: this.reason }),
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    };
  }

  static fromStatus(status: Status): ApiError {
    const reason =
      status.reason !== undefined && status.reason in STATUS_CODES ? (status.reason as ErrorReason) : 'InternalError';
    return new ApiError(reason, status.message ?? '', { details: status.details, code: status.code });
  }
}

export function isApiError(error: unknown, ...reasons: ErrorReason[]): error is ApiError {
  return error instanceof ApiError && (reasons.length === 0 || reasons.includes(error.reason));
}

/** What a message says of a kind: `pods "x"`, `deployments.apps "x"`. */
export interface QualifiedResource {
  readonly group: string;
  readonly plural: string;
}

export function qualifiedName(resource: QualifiedResource): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

export function notFound(resource: QualifiedResource, name: string): ApiError {
  return new ApiError('NotFound', `${qualifiedName(resource)} "${name}" not found`, {
    details: { name, kind: resource.plural, ...(resource.group ? { group: resource.group } : {}) },
  });
}

export function alreadyExists(resource: QualifiedResource, name: string): ApiError {
  return new ApiError('AlreadyExists', `${qualifiedName(resource)} "${name}" already exists`, {
    details: { name, kind: resource.plural, ...(resource.group ? { group: resource.group } : {}) },
  });
}

export function conflict(resource: QualifiedResource, name: string, why: string): ApiError {
  return new ApiError('Conflict', `Operation cannot be fulfilled on ${qualifiedName(resource)} "${name}": ${why}`, {
    details: { name, kind: resource.plural, ...(resource.group ? { group: resource.group } : {}) },
  });
}

export const OBJECT_MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again';

/** One thing wrong with one field, worded as Kubernetes words it. */
export interface FieldError {
  /** `spec.containers[0].image` */
  readonly field: string;
  readonly type:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueNotSupported'
    | 'FieldValueDuplicate'
    | 'FieldValueForbidden'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
    | 'FieldValueTypeInvalid'
    | 'FieldValueNotFound'
    | 'InternalError';
  /** The text after the path: `Invalid value: "x": must be …`. */
  readonly message: string;
}

/** 422 with one cause a field. `kind` and `group` are the object's. */
export function invalid(kind: { group: string; kind: string }, name: string, errors: readonly FieldError[]): ApiError {
  const texts = errors.map((error) => `${error.field}: ${error.message}`);
  const qualifiedKind = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  const causes: StatusCause[] = errors.map((error) => ({
    reason: error.type,
    message: error.message,
    field: error.field,
  }));
  return new ApiError(
    'Invalid',
    `${qualifiedKind} "${name}" is invalid: ${texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`}`,
    { details: { name, ...(kind.group ? { group: kind.group } : {}), kind: kind.kind, causes } },
  );
}

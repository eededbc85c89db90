import { ApiError } from '@kubelab/api';

export interface InFlightLimits {
  /** Default 400, as kube-apiserver's --max-requests-inflight. */
  readonly readOnly?: number;
  /** Default 200, as --max-mutating-requests-inflight. */
  readonly mutating?: number;
}

/** Counts what is being worked on. Watches and streams do not count. */
export interface InFlight {
  /** Returns what gives the place back; call it once. @throws ApiError TooManyRequests */
  enter(kind: 'readOnly' | 'mutating'): () => void;
  readonly readOnly: number;
  readonly mutating: number;
}

const RETRY_AFTER_SECONDS = 1;

export function createInFlight(limits: InFlightLimits = {}): InFlight {
  const limit = { readOnly: limits.readOnly ?? 400, mutating: limits.mutating ?? 200 };
  const count = { readOnly: 0, mutating: 0 };
  return {
    enter(kind) {
      if (count[kind] >= limit[kind]) {
        throw new ApiError('TooManyRequests', 'Too many requests, please try again later.', {
          details: { retryAfterSeconds: RETRY_AFTER_SECONDS },
        });
      }
      count[kind] += 1;
      return () => {
        count[kind] -= 1;
      };
    },
    get readOnly() {
      return count.readOnly;
    },
    get mutating() {
      return count.mutating;
    },
  };
}

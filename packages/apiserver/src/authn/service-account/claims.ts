import type { JWTPayload } from 'jose';

/** An object that a token names. */
export interface ClaimedObject {
  readonly name: string;
  readonly uid?: string;
}

/** The private claims of a bound token, under `kubernetes.io` (KEP-1205; node: KEP-4193). */
export interface KubernetesClaims {
  readonly namespace: string;
  readonly serviceaccount: ClaimedObject;
  readonly pod?: ClaimedObject;
  readonly node?: ClaimedObject;
  readonly secret?: ClaimedObject;
  /** Seconds since 1970 after which the bearer should long have had a new one. */
  readonly warnafter?: number;
}

export interface BoundTokenClaims extends JWTPayload {
  readonly 'kubernetes.io'?: KubernetesClaims;
}

const LEGACY_PREFIX = 'kubernetes.io/serviceaccount/';
export const LEGACY_ISSUER = 'kubernetes/serviceaccount';

/** The private claims of the tokens kept in Secrets. */
export const LEGACY_CLAIMS = {
  namespace: `${LEGACY_PREFIX}namespace`,
  secretName: `${LEGACY_PREFIX}secret.name`,
  accountName: `${LEGACY_PREFIX}service-account.name`,
  accountUid: `${LEGACY_PREFIX}service-account.uid`,
} as const;

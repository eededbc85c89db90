import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { KubernetesClaims } from './claims.js';
import { serviceAccountUsername } from './names.js';
import type { SigningKey } from './token-keys.js';

export interface TokenContent {
  readonly claims: KubernetesClaims;
  readonly audiences: readonly string[];
  /** Seconds since 1970. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** Signs the tokens of service accounts. */
export interface TokenSigner {
  sign(content: TokenContent): Promise<string>;
}

export function createTokenSigner(issuer: string, { id, algorithm, privateKey }: SigningKey): TokenSigner {
  return {
    sign({ claims, audiences, issuedAt, expiresAt }) {
      const { namespace, serviceaccount } = claims;
      return new SignJWT({ 'kubernetes.io': claims })
        .setProtectedHeader({ alg: algorithm, kid: id })
        .setIssuer(issuer)
        .setSubject(serviceAccountUsername(namespace, serviceaccount.name))
        .setAudience([...audiences])
        .setIssuedAt(issuedAt)
        .setNotBefore(issuedAt)
        .setExpirationTime(expiresAt)
        .setJti(randomUUID())
        .sign(privateKey);
    },
  };
}

import { createHash } from 'node:crypto';
import { compactVerify, decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose';
import { LruMap } from '../lru-map.js';
import type { TokenKey } from './token-keys.js';

/** Of good tokens, and of bad ones: apart, so that a flood of bad ones displaces no good one. */
const CACHE_SIZE = 4_096;

/**
 * Says what a token claims, once its signature has been checked. A signature
 * does not change, so each is checked once; what may change (the time, the
 * objects that the token is bound to) is for the caller to look at each time.
 */
export interface SignatureChecker {
  /** Undefined for what is no JWT, or one of another issuer. @throws Error for a signature that is not good */
  check(token: string): Promise<JWTPayload | undefined>;
}

export function createSignatureChecker(issuers: ReadonlySet<string>, keys: readonly TokenKey[]): SignatureChecker {
  const good = new LruMap<JWTPayload>(CACHE_SIZE);
  const bad = new LruMap<Error>(CACHE_SIZE);

  async function verify(token: string): Promise<JWTPayload> {
    const { kid, alg } = decodeProtectedHeader(token);
    // A token that names its key costs nothing where that is unknown.
    const candidates = keys.filter((key) => key.algorithm === alg && (kid === undefined || key.id === kid));
    for (const { publicKey, algorithm } of candidates) {
      try {
        const { payload } = await compactVerify(token, publicKey, { algorithms: [algorithm] });
        return JSON.parse(Buffer.from(payload).toString('utf8')) as JWTPayload;
      } catch {
        // Another key may be the right one; that none is, is told below.
      }
    }
    throw new Error('failed to verify the signature of the token');
  }

  return {
    async check(token) {
      const issuer = issuerOf(token);
      if (issuer === undefined || !issuers.has(issuer)) return undefined;
      const hash = createHash('sha256').update(token).digest('base64');
      const known = good.get(hash);
      if (known !== undefined) return known;
      const refused = bad.get(hash);
      if (refused !== undefined) throw refused;
      try {
        const claims = await verify(token);
        good.set(hash, claims);
        return claims;
      } catch (error) {
        bad.set(hash, error as Error);
        throw error;
      }
    },
  };
}

/** Read without trust: says only whose token it claims to be. */
function issuerOf(token: string): string | undefined {
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return undefined;
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

import type { User } from './user.js';

/** Whose token it is, and for whom of those that were asked for it is meant. */
export interface AuthenticatedToken {
  readonly user: User;
  /** Undefined where the authenticator knows no audiences: then the token is for everybody who asks. */
  readonly audiences?: readonly string[];
}

/** One kind of bearer token. */
export interface TokenAuthenticator {
  /**
   * Resolves with undefined for what is no token of this kind, which another may know.
   * @throws Error for a token of this kind that is not good; its message is for TokenReview, never for the bearer
   */
  authenticate(token: string, audiences: readonly string[]): Promise<AuthenticatedToken | undefined>;
}

/** Why no authenticator took a token. */
export class InvalidToken extends Error {
  constructor(reasons: readonly string[]) {
    super(reasons.length === 0 ? 'invalid bearer token' : `[invalid bearer token, ${reasons.join(', ')}]`);
    this.name = 'InvalidToken';
  }
}

/** Asks one after the other; the first that knows the token decides. @throws InvalidToken where none does */
export function tokenUnion(authenticators: readonly TokenAuthenticator[]) {
  return {
    async authenticate(token: string, audiences: readonly string[]): Promise<AuthenticatedToken> {
      const reasons: string[] = [];
      for (const authenticator of authenticators) {
        try {
          const found = await authenticator.authenticate(token, audiences);
          if (found !== undefined) return found;
        } catch (error) {
          reasons.push(error instanceof Error ? error.message : String(error));
        }
      }
      throw new InvalidToken(reasons);
    },
  };
}

export type TokenUnion = ReturnType<typeof tokenUnion>;

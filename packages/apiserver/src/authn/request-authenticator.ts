import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { unauthorized, userOfSocket } from './client-certificate.js';
import { bearerTokenOf, takeWebSocketToken } from './request-token.js';
import type { TokenUnion } from './token-authenticator.js';
import { ANONYMOUS, isAnonymous, type User } from './user.js';

/** Finds out who makes a request over HTTP. */
export interface RequestAuthenticator {
  /** At once for certificates, which most requests show. @throws ApiError Unauthorized, also as a rejection */
  authenticate(message: IncomingMessage, path: string): User | Promise<User>;
}

export interface RequestAuthenticatorOptions {
  readonly tokens: TokenUnion;
  readonly apiAudiences: readonly string[];
  /** True: whoever shows no credentials is system:anonymous everywhere, and not only where health is asked for. */
  readonly anonymousAuth: boolean;
}

/** Whoever runs the server must be able to ask whether it lives (as Kubernetes' anonymous authentication with conditions, KEP-4633). */
const HEALTH_PATHS = new Set(['/healthz', '/livez', '/readyz']);

/** Client certificate, then bearer token, then token over WebSocket, then anonymous. */
export function createRequestAuthenticator(options: RequestAuthenticatorOptions): RequestAuthenticator {
  async function withToken(token: string): Promise<User> {
    try {
      return (await options.tokens.authenticate(token, options.apiAudiences)).user;
    } catch (cause) {
      throw unauthorized(cause);
    }
  }

  return {
    authenticate(message, path) {
      const { user, refusal } = certificateUser(message);
      if (user !== undefined && !isAnonymous(user)) return user;
      const token = tokenOf(message);
      if (token !== '') return withToken(token);
      if (refusal !== undefined) throw refusal;
      if (options.anonymousAuth || HEALTH_PATHS.has(path)) return ANONYMOUS;
      throw unauthorized('no credentials');
    },
  };
}

/** A certificate that is no good is no end: a token may be. */
function certificateUser({ socket }: IncomingMessage): { user?: User; refusal?: unknown } {
  try {
    return { user: userOfSocket(socket as TLSSocket) };
  } catch (refusal) {
    return { refusal };
  }
}

/** @throws ApiError Unauthorized */
function tokenOf(message: IncomingMessage): string {
  try {
    return bearerTokenOf(message) || takeWebSocketToken(message);
  } catch (cause) {
    throw unauthorized(cause);
  }
}

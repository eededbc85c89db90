import type { PeerCertificate, TLSSocket } from 'node:tls';
import { ApiError } from '@kubelab/api';
import { ALL_AUTHENTICATED, ANONYMOUS, type User } from './user.js';

/** What a connection's certificate says does not change while it lasts. */
const known = new WeakMap<TLSSocket, User>();

/**
 * The user that a connection's client certificate names; anonymous without one.
 * @throws ApiError Unauthorized for a certificate of another authority, or one that is out of date
 */
export function userOfSocket(socket: TLSSocket): User {
  const cached = known.get(socket);
  if (cached) return cached;
  const certificate = socket.getPeerCertificate();
  const presented = certificate !== null && Object.keys(certificate).length > 0;
  if (presented && !socket.authorized) throw unauthorized(socket.authorizationError);
  const user = presented ? userOfCertificate(certificate) : ANONYMOUS;
  known.set(socket, user);
  return user;
}

/**
 * Common name is the user, organizations are the groups; which certificate it
 * was is known by its digest. @throws ApiError Unauthorized without a name.
 */
export function userOfCertificate({
  subject,
  fingerprint256,
}: Pick<PeerCertificate, 'subject' | 'fingerprint256'>): User {
  // A name may be repeated, which Node then gives as an array.
  const { CN, O } = subject as { CN?: string | string[]; O?: string | string[] };
  const name = Array.isArray(CN) ? CN[0] : CN;
  if (!name) throw unauthorized('the client certificate has no common name');
  const organizations = O === undefined ? [] : Array.isArray(O) ? O : [O];
  const digest = fingerprint256.replaceAll(':', '').toLowerCase();
  return {
    name,
    groups: [...organizations, ALL_AUTHENTICATED],
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${digest}`] },
  };
}

export function unauthorized(cause?: unknown): ApiError {
  return new ApiError('Unauthorized', 'Unauthorized', { cause });
}

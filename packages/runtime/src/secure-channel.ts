import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { type ChannelCredentials, type ChannelOptions, credentials } from '@grpc/grpc-js';
import { parseHostPort } from './address.js';
import type { TlsMaterial } from './tls-material.js';

/** RFC 6066 lets a client name no address in its greeting; any name will do for a server with one certificate. */
const NAME_FOR_ADDRESSES = 'kubernetes.default.svc';

/**
 * What grpc-js needs to reach `HOST:PORT` with mutual TLS. The server's
 * certificate must be for HOST, a name or an IP address alike.
 */
export function secureChannel(
  address: string,
  tls: TlsMaterial,
): { credentials: ChannelCredentials; options: ChannelOptions } {
  const { host } = parseHostPort(address);
  if (isIP(host) === 0) return { credentials: credentials.createSsl(tls.ca, tls.key, tls.cert), options: {} };
  return {
    credentials: credentials.createSsl(tls.ca, tls.key, tls.cert, {
      checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
    }),
    options: { 'grpc.ssl_target_name_override': NAME_FOR_ADDRESSES },
  };
}

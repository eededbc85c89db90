import type { IncomingMessage } from 'node:http';

const PROTOCOL_HEADER = 'sec-websocket-protocol';
const BEARER_PROTOCOL = 'base64url.bearer.authorization.k8s.io.';

/** "" where the request shows no bearer token. */
export function bearerTokenOf({ headers }: IncomingMessage): string {
  const [scheme, token] = (headers.authorization ?? '').trim().split(' ');
  return scheme?.toLowerCase() === 'bearer' ? (token ?? '') : '';
}

/** Credentials that cannot be read. */
export class MalformedCredentials extends Error {}

/**
 * Browsers cannot set headers on a WebSocket, so theirs is one of the
 * protocols. It is taken out of the request: no answer may repeat it. "" where there is none.
 * @throws MalformedCredentials
 */
export function takeWebSocketToken({ headers }: IncomingMessage): string {
  if (headers.upgrade?.toLowerCase() !== 'websocket') return '';
  const protocols = (headers[PROTOCOL_HEADER] ?? '').split(',').map((protocol) => protocol.trim());
  const bearers = protocols.filter((protocol) => protocol.startsWith(BEARER_PROTOCOL));
  const others = protocols.filter((protocol) => protocol !== '' && !protocol.startsWith(BEARER_PROTOCOL));
  const [bearer] = bearers;
  if (bearer === undefined) return '';
  if (bearers.length > 1) throw new MalformedCredentials('multiple base64.bearer.authorization tokens specified');
  const encoded = bearer.slice(BEARER_PROTOCOL.length);
  if (!/^[\w-]*$/.test(encoded)) throw new MalformedCredentials('invalid base64.bearer.authorization token encoding');
  // One must be left, for the answer to name.
  if (others.length === 0) throw new MalformedCredentials('missing additional subprotocol');
  headers[PROTOCOL_HEADER] = others.join(', ');
  return Buffer.from(encoded, 'base64url').toString('utf8');
}

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** Of one connection and not of the message (RFC 9110, section 7.6.1, and what Go's reverse proxy drops besides). */
const HOP_BY_HOP = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** Credentials are for this server alone. */
const OURS = ['authorization'];
const CORS = /^access-control-allow-/;

type Headers = Record<string, string | string[]>;

/** What a request carries on to where it is proxied. */
export function requestHeaders(message: IncomingMessage, prefix: string, path: string): Headers {
  const { headers, socket } = message;
  const carried = endToEnd(headers, (name) => !OURS.includes(name) && !name.startsWith('impersonate-'));
  const client = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const forwardedFor = [headers['x-forwarded-for'] ?? [], isIP(client) === 0 ? [] : client].flat();
  return {
    ...carried,
    ...(forwardedFor.length > 0 ? { 'x-forwarded-for': forwardedFor.join(', ') } : {}),
    'x-forwarded-uri': prefix + path,
    ...(headers.host === undefined ? {} : { 'x-forwarded-host': headers.host }),
    'x-forwarded-proto': 'https',
    ...(headers['transfer-encoding'] === undefined ? {} : { 'transfer-encoding': 'chunked' }),
  };
}

/** What an answer carries back. A page of a pod may not open this server to other origins. */
export function responseHeaders(headers: IncomingHttpHeaders): Headers {
  return endToEnd(headers, (name) => !CORS.test(name));
}

function endToEnd(headers: IncomingHttpHeaders, isCarried: (name: string) => boolean): Headers {
  const named = new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  const carried: Headers = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || HOP_BY_HOP.has(name) || named.has(name) || !isCarried(name)) continue;
    carried[name] = value;
  }
  return carried;
}

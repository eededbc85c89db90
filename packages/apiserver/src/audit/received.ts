import type { IncomingMessage } from 'node:http';
import type { ReceivedRequest } from './auditor.js';

/** What an HTTP request says of itself. */
export function receivedOf(message: IncomingMessage): ReceivedRequest {
  const { headers, url = '/' } = message;
  return {
    auditId: textOf(headers['audit-id']),
    requestUri: url,
    sourceIps: sourceIpsOf(message),
    userAgent: textOf(headers['user-agent']),
  };
}

/** First those that proxies name, at last the one that the connection comes from. */
function sourceIpsOf({ headers, socket }: IncomingMessage): string[] {
  const forwarded = textOf(headers['x-forwarded-for'])
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '');
  const real = textOf(headers['x-real-ip']);
  const direct = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const all = [...forwarded, ...(real === '' || forwarded.includes(real) ? [] : [real])];
  return direct === '' || all.at(-1) === direct ? all : [...all, direct];
}

function textOf(header: string | string[] | undefined): string {
  return Array.isArray(header) ? header.join(', ') : (header ?? '');
}

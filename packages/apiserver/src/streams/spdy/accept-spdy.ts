import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError } from '@kubelab/api';

export const SPDY = 'SPDY/3.1';
const PROTOCOL_HEADER = 'X-Stream-Protocol-Version';

export function isSpdyRequest({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === SPDY.toLowerCase();
}

/**
 * The first of the client's protocols that is supported. One that names none
 * speaks the oldest, which is the last of `supported`.
 * @throws ApiError Forbidden where there is none, as Kubernetes answers
 */
export function negotiateStreamProtocol({ headers }: IncomingMessage, supported: readonly string[]): string {
  const offered = [headers[PROTOCOL_HEADER.toLowerCase()] ?? []]
    .flat()
    .flatMap((value) => value.split(','))
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== '');
  const protocol = offered.length === 0 ? supported.at(-1) : offered.find((name) => supported.includes(name));
  if (protocol !== undefined) return protocol;
  throw new ApiError(
    'Forbidden',
    `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${supported.join(' ')}]`,
  );
}

/** Answers the upgrade; from here on the socket carries frames. */
export function acceptSpdy(socket: Duplex, head: Buffer, protocol: string): void {
  if (head.length > 0) socket.unshift(head);
  socket.write(
    [
      'HTTP/1.1 101 Switching Protocols',
      'Connection: Upgrade',
      `Upgrade: ${SPDY}`,
      `${PROTOCOL_HEADER}: ${protocol}`,
      '\r\n',
    ].join('\r\n'),
  );
}

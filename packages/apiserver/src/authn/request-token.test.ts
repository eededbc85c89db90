import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { bearerTokenOf, takeWebSocketToken } from './request-token.js';

const message = (headers: Record<string, string>) => ({ headers }) as unknown as IncomingMessage;
const PREFIX = 'base64url.bearer.authorization.k8s.io.';
const encoded = Buffer.from('secret').toString('base64url');

test.each([
  ['Bearer abc', 'abc'],
  ['bearer abc', 'abc'],
  ['Bearer abc def', 'abc'],
  ['Basic abc', ''],
  ['Bearer', ''],
  ['', ''],
])('authorization %j', (authorization, token) => {
  expect(bearerTokenOf(message({ authorization }))).toBe(token);
});

test('the token of a WebSocket is taken out of its protocols', () => {
  const request = message({ upgrade: 'websocket', 'sec-websocket-protocol': `v5.channel.k8s.io, ${PREFIX}${encoded}` });
  expect(takeWebSocketToken(request)).toBe('secret');
  expect(request.headers['sec-websocket-protocol']).toBe('v5.channel.k8s.io');
});

test.each([
  ['alone', `${PREFIX}${encoded}`, 'missing additional subprotocol'],
  ['twice', `a, ${PREFIX}${encoded}, ${PREFIX}${encoded}`, 'multiple base64.bearer.authorization tokens specified'],
  ['in another encoding', `a, ${PREFIX}+/=`, 'invalid base64.bearer.authorization token encoding'],
])('a token %s is refused', (_what, protocols, why) => {
  expect(() => takeWebSocketToken(message({ upgrade: 'websocket', 'sec-websocket-protocol': protocols }))).toThrow(why);
});

test('without an upgrade, protocols are not looked at', () => {
  expect(takeWebSocketToken(message({ 'sec-websocket-protocol': `a, ${PREFIX}${encoded}` }))).toBe('');
});

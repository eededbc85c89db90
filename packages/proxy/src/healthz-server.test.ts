import { expect, test } from 'vitest';
import { answerHealthz, type Freshness, serveHealthz } from './healthz-server.js';

const NOW_MS = Date.UTC(2030, 0, 1, 12, 0, 0, 250);
const ago = (seconds: number): number => NOW_MS - seconds * 1_000;

test.each<[string, Freshness, number, string]>([
  ['never programmed', { updatedMs: undefined, waitingSinceMs: undefined }, 503, '1970-01-01 00:00:00.000 +0000 UTC'],
  ['idle for long', { updatedMs: ago(900), waitingSinceMs: undefined }, 200, '2030-01-01 12:00:00.250 +0000 UTC'],
  ['behind a little', { updatedMs: ago(90), waitingSinceMs: ago(60) }, 200, '2030-01-01 12:00:00.250 +0000 UTC'],
  ['behind too long', { updatedMs: ago(90), waitingSinceMs: ago(61) }, 503, '2030-01-01 11:58:30.250 +0000 UTC'],
])('%s', (_, freshness, status, lastUpdated) => {
  const answer = answerHealthz(freshness, NOW_MS);
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.body)).toEqual({
    lastUpdated,
    currentTime: '2030-01-01 12:00:00.250 +0000 UTC',
    nodeEligible: true,
  });
});

test('is served on its two paths until the end', async () => {
  const stop = new AbortController();
  let freshness: Freshness = { updatedMs: undefined, waitingSinceMs: undefined };
  const server = await serveHealthz('127.0.0.1:0', () => freshness, stop.signal);
  const status = async (path: string) => (await fetch(`http://${server.address}${path}`)).status;
  expect(await status('/healthz')).toBe(503);
  freshness = { updatedMs: Date.now(), waitingSinceMs: undefined };
  expect([await status('/healthz'), await status('/livez'), await status('/other')]).toEqual([200, 200, 404]);
  stop.abort();
  await server.closed;
  await expect(fetch(`http://${server.address}/healthz`)).rejects.toThrow();
});

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startHeartbeat } from './heartbeat.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const MINUTE_MS = 60_000;

function start(isDeaf = false) {
  const ping = vi.fn();
  const lost = vi.fn();
  return { ping, lost, heartbeat: startHeartbeat({ ping, lost, isDeaf: () => isDeaf }) };
}

test('a client that does not answer is lost after a minute, once', () => {
  const { ping, lost } = start();
  vi.advanceTimersByTime(MINUTE_MS);
  expect(ping).toHaveBeenCalledTimes(6);
  expect(lost).not.toHaveBeenCalled();
  vi.advanceTimersByTime(5 * MINUTE_MS);
  expect(lost.mock.calls).toEqual([['the client does not answer']]);
  expect(ping).toHaveBeenCalledTimes(6);
});

test('one that answers is kept for hours, until nothing has been carried for four', () => {
  const { ping, lost, heartbeat } = start();
  ping.mockImplementation(() => heartbeat.heard());
  vi.advanceTimersByTime(200 * MINUTE_MS);
  heartbeat.used();
  vi.advanceTimersByTime(239 * MINUTE_MS);
  expect(lost).not.toHaveBeenCalled();
  vi.advanceTimersByTime(2 * MINUTE_MS);
  expect(lost.mock.calls).toEqual([['nothing has been carried for hours']]);
});

test('who is not read cannot be heard, and is not lost for it', () => {
  const { lost } = start(true);
  vi.advanceTimersByTime(100 * MINUTE_MS);
  expect(lost).not.toHaveBeenCalled();
});

test('it stops', () => {
  const { ping, heartbeat } = start();
  heartbeat.stop();
  vi.advanceTimersByTime(5 * MINUTE_MS);
  expect(ping).not.toHaveBeenCalled();
});

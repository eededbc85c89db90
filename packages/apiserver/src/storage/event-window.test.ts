import { describe, expect, it } from 'vitest';
import { EventWindow } from './event-window.js';
import type { StoredEvent } from './storage.js';
import { StoredValue } from './stored-value.js';

function event(size = 10): StoredEvent {
  const current = new StoredValue({ namespace: '', name: 'n' }, Buffer.alloc(size), '1', undefined, 0);
  return { type: 'ADDED', current, previous: undefined };
}

describe('EventWindow', () => {
  it('numbers events and finds the first above a revision', () => {
    const window = new EventWindow({ count: 100, bytes: 10_000, ageMs: 1_000 }, 4);
    for (const revision of [5, 5, 8, 13]) window.push({ number: revision, event: event(), atMs: 0 });
    expect([0, 4, 5, 7, 8, 12, 13, 99].map((revision) => window.firstAbove(revision))).toEqual([
      0, 0, 2, 2, 3, 3, 4, 4,
    ]);
    expect(window.at(2)?.number).toBe(8);
    expect(window.at(4)).toBeUndefined();
    expect(window.floor).toBe(4);
  });

  it('drops the oldest by count, and knows from where on it is whole', () => {
    const window = new EventWindow({ count: 3, bytes: 10_000, ageMs: 1_000 }, 0);
    for (let revision = 1; revision <= 10_000; revision++) {
      window.push({ number: revision, event: event(), atMs: 0 });
      expect(window.next).toBe(revision);
    }
    expect([window.first, window.floor]).toEqual([9_997, 9_997]);
    expect([9_996, 9_997, 9_999, 10_000].map((number) => window.at(number)?.number)).toEqual([
      undefined,
      9_998,
      10_000,
      undefined,
    ]);
    expect(window.firstAbove(9_998)).toBe(9_998);
  });

  it('drops the oldest by bytes, and keeps one event however large', () => {
    const window = new EventWindow({ count: 100, bytes: 1_000, ageMs: 1_000 }, 0);
    for (const [index, size] of [400, 400, 400, 5_000].entries()) {
      window.push({ number: index + 1, event: event(size), atMs: 0 });
    }
    expect([window.first, window.next, window.floor]).toEqual([3, 4, 3]);
  });

  it('drops what is old, down to a hundred', () => {
    const window = new EventWindow({ count: 10_000, bytes: 1_000_000, ageMs: 1_000 }, 0);
    for (let revision = 1; revision <= 200; revision++)
      window.push({ number: revision, event: event(), atMs: revision });
    expect(window.first).toBe(0);
    window.push({ number: 201, event: event(), atMs: 1_051 });
    expect([window.first, window.floor]).toEqual([50, 50]);
    window.push({ number: 202, event: event(), atMs: 9_000 });
    expect(window.next - window.first).toBe(100);
  });

  it('drops what is old without another event', () => {
    const window = new EventWindow({ count: 10_000, bytes: 1_000_000, ageMs: 1_000 }, 0);
    for (let revision = 1; revision <= 200; revision++) window.push({ number: revision, event: event(), atMs: 0 });
    window.dropOld(1_000);
    expect(window.first).toBe(0);
    window.dropOld(1_001);
    expect([window.first, window.next, window.floor]).toEqual([100, 200, 100]);
  });
});

import { describe, expect, it } from 'vitest';
import { type Parsed, RecentlyParsed } from './recently-parsed.js';

class Entry implements Parsed {
  used = false;
  forgotten = false;

  constructor(readonly sizeBytes: number) {}

  takeUse(): boolean {
    const { used } = this;
    this.used = false;
    return used;
  }

  forget(): void {
    this.forgotten = true;
  }
}

function add(recent: RecentlyParsed, ...sizes: number[]): Entry[] {
  return sizes.map((size) => {
    const entry = new Entry(size);
    recent.add(entry);
    return entry;
  });
}

const forgotten = (entries: readonly Entry[]): boolean[] => entries.map((entry) => entry.forgotten);

describe('RecentlyParsed', () => {
  it('has the oldest forget once there are too many bytes', () => {
    const recent = new RecentlyParsed(100);
    const entries = add(recent, 40, 40, 20);
    expect(forgotten(entries)).toEqual([false, false, false]);
    const more = add(recent, 30);
    expect([forgotten(entries), recent.bytes]).toEqual([[true, false, false], 90]);
    add(recent, 80);
    expect([forgotten(entries), forgotten(more), recent.bytes]).toEqual([[true, true, true], [true], 80]);
  });

  it('spares once what was looked at again', () => {
    const recent = new RecentlyParsed(100);
    const entries = add(recent, 40, 40);
    (entries[0] as Entry).used = true;
    add(recent, 40);
    expect(forgotten(entries)).toEqual([false, true]);
    add(recent, 80);
    expect(forgotten(entries)).toEqual([true, true]);
  });

  it('ends where all were looked at again', () => {
    const recent = new RecentlyParsed(100);
    const entries = add(recent, 50, 50);
    for (const entry of entries) entry.used = true;
    add(recent, 50);
    expect([forgotten(entries), recent.bytes]).toEqual([[true, false], 100]);
  });

  it('holds one that is too large until the next', () => {
    const recent = new RecentlyParsed(100);
    const [large] = add(recent, 500);
    expect([large?.forgotten, recent.bytes]).toEqual([false, 500]);
    add(recent, 1);
    expect([large?.forgotten, recent.bytes]).toEqual([true, 1]);
  });

  it('stays within its bounds over many turns', () => {
    const recent = new RecentlyParsed(1_000);
    const entries: Entry[] = [];
    for (let index = 0; index < 20_000; index++) {
      entries.push(...add(recent, 10));
      const [hot] = entries;
      if (hot) hot.used = true;
    }
    expect(entries.filter((entry) => !entry.forgotten)).toHaveLength(100);
    expect([entries[0]?.forgotten, recent.bytes]).toEqual([false, 1_000]);
  });
});

import { describe, expect, it } from 'vitest';
import { StoredValue } from '../storage/stored-value.js';
import { SharedFrames } from './shared-frames.js';

function event() {
  const current = new StoredValue({ namespace: '', name: 'n' }, Buffer.from('{}'), '1', undefined, 0);
  return { type: 'ADDED', current, previous: undefined } as const;
}

describe('SharedFrames', () => {
  it('holds the newest frames, up to so many bytes', () => {
    const frames = new SharedFrames<ReturnType<typeof event>>(100);
    const events = [event(), event(), event()];
    for (const each of events) frames.add(each, Buffer.alloc(40, each.current.version));
    expect(events.map((each) => frames.get(each)?.length)).toEqual([undefined, 40, 40]);
  });

  it('holds the newest however large, alone', () => {
    const frames = new SharedFrames<ReturnType<typeof event>>(100);
    const [small, large, next] = [event(), event(), event()];
    frames.add(small, Buffer.alloc(10));
    frames.add(large, Buffer.alloc(500));
    expect([frames.get(small), frames.get(large)?.length]).toEqual([undefined, 500]);
    frames.add(next, Buffer.alloc(10));
    expect([frames.get(large), frames.get(next)?.length]).toEqual([undefined, 10]);
  });
});

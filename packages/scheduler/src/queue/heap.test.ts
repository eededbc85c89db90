import { describe, expect, it } from 'vitest';
import { Heap } from './heap.js';

describe('Heap', () => {
  it('gives the items in order whatever is pushed, replaced and removed', () => {
    let seed = 42;
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed / 2 ** 31;
    };
    const heap = new Heap<{ key: string; value: number }>(
      ({ key }) => key,
      (a, b) => a.value < b.value,
    );
    const model = new Map<string, number>();
    for (let step = 0; step < 2_000; step++) {
      const key = `k${Math.floor(random() * 200)}`;
      if (random() < 0.7) {
        const value = random();
        heap.push({ key, value });
        model.set(key, value);
      } else {
        heap.remove(key);
        model.delete(key);
      }
    }
    expect(heap.size).toBe(model.size);
    const out: number[] = [];
    for (let item = heap.pop(); item; item = heap.pop()) out.push(item.value);
    expect(out).toEqual([...model.values()].sort((a, b) => a - b));
  });
});

import { describe, expect, test } from 'vitest';
import { node } from '../../test-objects.js';
import { planPaces } from './zones.js';

const zoned = (zone: string, ready: number, unready: number) =>
  Array.from({ length: ready + unready }, (_, index) =>
    node(`${zone}${index}`, index < ready ? 'True' : index % 2 ? 'False' : 'Unknown', {
      metadata: { labels: { 'topology.kubernetes.io/zone': zone } },
    }),
  );
const never = Number.POSITIVE_INFINITY;

describe('a zone’s pace', () => {
  test.each([
    // ready, not ready → milliseconds between two nodes
    [3, 0, 10_000],
    [2, 1, 10_000],
    [1, 2, 10_000],
    [3, 3, 10_000],
    [2, 3, never],
    [20, 30, never],
    [27, 33, 100_000],
    [60, 20, 10_000],
    [0, 5, 10_000],
  ])('with %i ready and %i not', (ready, unready, expected) => {
    const zone = zoned('a', ready, unready);
    const paces = planPaces([...zone, ...zoned('b', 1, 0)]);
    expect(paces.isSuspended).toBe(false);
    expect(paces.periodMsOf(zone[0] as never)).toBe(expected);
  });

  test('is nothing at all, and evictions are taken back, where no node of any zone is ready', () => {
    expect(planPaces([...zoned('a', 0, 2), ...zoned('b', 0, 1)]).isSuspended).toBe(true);
    expect(planPaces([node('new')]).isSuspended).toBe(true);
    expect(planPaces([...zoned('a', 0, 9), ...zoned('b', 1, 0)]).isSuspended).toBe(false);
  });
});

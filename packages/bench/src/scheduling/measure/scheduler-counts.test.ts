import { expect, it } from 'vitest';
import { countsBetween, parseSeries } from './scheduler-counts.js';

const NAME = 'scheduler_scheduling_attempt_duration_seconds';

function metrics(scheduled: number, buckets: readonly number[]): string {
  const lines = buckets.map(
    (count, index) => `${NAME}_bucket{profile="p",le="${['0.1', '0.2', '+Inf'][index]}"} ${count}`,
  );
  return [
    '# HELP scheduler_schedule_attempts_total attempts',
    `scheduler_schedule_attempts_total{result="scheduled",profile="p"} ${scheduled}`,
    'scheduler_schedule_attempts_total{result="unschedulable",profile="p"} 3',
    `scheduler_preemption_attempts_total ${scheduled / 2}`,
    ...lines,
    `${NAME}_sum{profile="p"} ${scheduled / 10}`,
    `${NAME}_count{profile="p"} ${buckets.at(-1)}`,
  ].join('\n');
}

it('counts what was added, and interpolates within buckets', () => {
  const counts = countsBetween(parseSeries(metrics(10, [5, 8, 10])), parseSeries(metrics(20, [10, 18, 20])));
  expect(counts.attempts).toEqual({ scheduled: 10 });
  expect(counts.preemptionAttempts).toBe(5);
  // 5 below 0.1 s, 10 below 0.2 s, of 10 and more: nothing was added above that.
  expect(counts.durations[NAME]).toMatchObject({ count: 10, average: 0.1 });
  expect(counts.durations[NAME]?.perc50).toBeCloseTo(0.1, 6);
  expect(counts.durations[NAME]?.perc90).toBeCloseTo(0.18, 6);
});

it('takes counters that are less than before for those of a new process', () => {
  const counts = countsBetween(parseSeries(metrics(20, [10, 18, 20])), parseSeries(metrics(4, [2, 4, 4])));
  expect(counts.attempts).toEqual({ scheduled: 4 });
  expect(counts.durations[NAME]).toMatchObject({ count: 4 });
});

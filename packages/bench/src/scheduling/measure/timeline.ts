import type { ObservedPod } from '../observe/observed-pod.js';
import type { TargetNode } from '../target/scheduling-target.js';
import type { TimelineSample } from './measurement.js';
import { latenciesOf, spreadOf } from './summarize.js';

const MOST_SAMPLES = 60;
const LEAST_SECONDS = 0.1;

interface Period {
  readonly startMs: number;
  /** Of the last binding. */
  readonly endMs: number;
}

/** `measured` are the pods whose bindings count; `all` those that lie on the nodes, these among them. */
export function timelineOf(
  measured: readonly ObservedPod[],
  all: Iterable<ObservedPod>,
  nodes: readonly TargetNode[],
  { startMs, endMs }: Period,
): TimelineSample[] {
  if (endMs <= startMs) return [];
  const total = (endMs - startMs) / 1000;
  const step = stepFor(total);
  const count = Math.ceil(total / step - 1e-9);
  const bound = Array.from({ length: count }, (): ObservedPod[] => []);
  for (const pod of measured) {
    if (pod.boundMs === undefined || pod.boundMs < startMs || pod.boundMs > endMs) continue;
    bound[Math.min(count - 1, Math.floor((pod.boundMs - startMs) / 1000 / step))]?.push(pod);
  }
  const podsUpTo = countPods(all, nodes);
  return bound.map((pods, index) => {
    const atSeconds = Number((index * step).toFixed(3));
    const stagesMs = Object.entries(latenciesOf(pods)).map(([stage, { perc50, perc99 }]) => [
      stage,
      { perc50, perc99 },
    ]);
    return {
      atSeconds,
      seconds: Math.min(step, total - index * step),
      pods: pods.length,
      stagesMs: Object.fromEntries(stagesMs) as TimelineSample['stagesMs'],
      nodePods: spreadOf(podsUpTo(Math.min(endMs, startMs + (index + 1) * step * 1000))),
    };
  });
}

/** The least of 0.1, 0.2, 0.5, 1, 2, … seconds with which there are not too many. */
function stepFor(seconds: number): number {
  for (let magnitude = LEAST_SECONDS; ; magnitude *= 10)
    for (const factor of [1, 2, 5])
      if (seconds / (factor * magnitude) <= MOST_SAMPLES) return Number((factor * magnitude).toPrecision(1));
}

/** Pods on each node up to a time; to be asked for later and later ones. */
function countPods(all: Iterable<ObservedPod>, nodes: readonly TargetNode[]): (untilMs: number) => readonly number[] {
  const places = new Map(nodes.map(({ name }, index) => [name, index]));
  const counts = new Array<number>(nodes.length).fill(0);
  const changes: { readonly atMs: number; readonly place: number; readonly by: 1 | -1 }[] = [];
  for (const { node, boundMs, goneMs } of all) {
    const place = node === undefined ? undefined : places.get(node);
    if (place === undefined || boundMs === undefined) continue;
    changes.push({ atMs: boundMs, place, by: 1 });
    if (goneMs !== undefined) changes.push({ atMs: goneMs, place, by: -1 });
  }
  changes.sort((a, b) => a.atMs - b.atMs);
  let next = 0;
  return (untilMs) => {
    for (let change = changes[next]; change && change.atMs <= untilMs; change = changes[next]) {
      counts[change.place] = (counts[change.place] ?? 0) + change.by;
      next += 1;
    }
    return counts;
  };
}

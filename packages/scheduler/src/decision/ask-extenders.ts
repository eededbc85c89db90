import type { Logger } from 'pino';
import type { NodeInfo } from '../cluster/node-info.js';
import type { HttpExtender } from '../extender/http-extender.js';
import type { Cycle } from './cycle.js';

/**
 * Takes out the nodes that the extenders refuse, and resolves with the points
 * that they give to the others; undefined where none gives any.
 * @throws where an extender that may not be passed over fails
 */
export async function askExtenders(
  cycle: Cycle,
  extenders: readonly HttpExtender[],
  log: Logger,
): Promise<Float64Array | undefined> {
  const interested = extenders.filter((each) => each.isInterested(cycle.pod));
  for (const extender of interested) {
    if (!extender.filters || cycle.feasible.length === 0) continue;
    try {
      const { feasible, rejections } = await extender.filter(cycle.pod, cycle.feasible);
      cycle.narrow(feasible, rejections, extender.name);
    } catch (error) {
      if (!extender.isIgnorable) throw error;
      log.warn({ error, extender: extender.name }, 'an extender is passed over');
    }
  }
  const givers = interested.filter((each) => each.prioritizes);
  if (givers.length === 0 || cycle.feasible.length < 2) return undefined;
  const points = new Float64Array(cycle.feasible.length);
  for (const extender of givers) await addPoints(extender, cycle.pod, cycle.feasible, points, log);
  return points;
}

/** An extender that cannot be asked for points gives none: that is no reason not to place the pod. */
async function addPoints(
  extender: HttpExtender,
  pod: Cycle['pod'],
  nodes: readonly NodeInfo[],
  points: Float64Array,
  log: Logger,
): Promise<void> {
  try {
    await extender.prioritize(pod, nodes, points);
  } catch (error) {
    log.warn({ error, extender: extender.name }, 'an extender gave no points');
  }
}

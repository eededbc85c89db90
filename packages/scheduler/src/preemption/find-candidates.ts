import type { NodeInfo } from '../cluster/node-info.js';
import type { NodeMemory } from '../cluster/node-memory.js';
import type { PodInfo } from '../cluster/pod-info.js';
import type { CycleState } from '../framework/cycle-state.js';
import type { PluginHandle } from '../framework/plugin-handle.js';
import type { FilterOutcome, FilterResult, Rejection } from '../framework.js';
import { type Candidate, moreImportant } from './candidate.js';
import { type Budget, splitByBudgets } from './disruption-budgets.js';

export interface CandidateLimits {
  /** Share of the nodes that is tried at least. Per cent. */
  readonly minCandidateNodesPercentage: number;
  readonly minCandidateNodesAbsolute: number;
}

export interface CandidateSearch {
  readonly candidates: readonly Candidate[];
  /** Why the nodes that were tried are none. */
  readonly rejections: ReadonlyMap<string, Rejection>;
}

/** Of one node: what it takes there, or why nothing helps. */
export type TrialResult = Candidate | NonNullable<FilterResult>;

const NO_VICTIMS: Rejection = { reasons: ['No preemption victims found for incoming pod'], unresolvable: true };

/** Tries, from a random place on, the nodes that fewer pods could make fit, until enough have been found. */
export function findCandidates(
  handle: PluginHandle,
  state: CycleState,
  pod: PodInfo,
  outcome: FilterOutcome,
  budgets: readonly Budget[],
  limits: CandidateLimits,
  memory: NodeMemory<TrialResult>,
): CandidateSearch {
  const potential = handle.cache.nodes.filter((node) => outcome.rejectionOf(node)?.unresolvable === false);
  const wanted = candidatesToFind(potential.length, limits);
  const offset = Math.floor(handle.random() * potential.length);
  const candidates: Candidate[] = [];
  const rejections = new Map<string, Rejection>();
  const tryNode = (node: NodeInfo) => selectVictims(handle, state, pod, node, budgets);
  const versions = budgets.map(({ metadata }) => `${metadata.uid}/${metadata.resourceVersion}`);
  const trial = handle.fitsByNodeAlone(state, pod) ? memory.remembering(pod, versions, tryNode) : tryNode;
  let harmless = 0;
  for (let index = 0; index < potential.length; index++) {
    const node = potential[(offset + index) % potential.length] as NodeInfo;
    const found = trial(node);
    if ('reasons' in found) rejections.set(node.name, found);
    else {
      candidates.push(found);
      if (found.budgetViolations === 0) harmless++;
      if (harmless > 0 && candidates.length >= wanted) break;
    }
  }
  return { candidates, rejections };
}

function candidatesToFind(
  nodes: number,
  { minCandidateNodesPercentage, minCandidateNodesAbsolute }: CandidateLimits,
): number {
  const share = Math.floor((nodes * minCandidateNodesPercentage) / 100);
  return Math.min(nodes, Math.max(share, minCandidateNodesAbsolute));
}

/** The fewest pods of lower priority that would have to leave, those that break no budget first. */
export function selectVictims(
  { fits, trial }: Pick<PluginHandle, 'fits' | 'trial'>,
  original: CycleState,
  pod: PodInfo,
  originalNode: NodeInfo,
  budgets: readonly Budget[],
): TrialResult {
  const lower: PodInfo[] = [];
  for (const other of originalNode.pods.values()) if (other.priority < pod.priority) lower.push(other);
  if (lower.length === 0) return NO_VICTIMS;
  const state = original.clone();
  const node = originalNode.clone();
  const remove = (other: PodInfo) => {
    node.removePod(other.uid);
    trial.remove(state, pod, other, node);
  };
  for (const other of lower) remove(other);
  const rejection = fits(state, pod, node);
  if (rejection) return rejection;
  lower.sort(moreImportant);
  const { violating, others } = splitByBudgets(lower, budgets);
  const victims: PodInfo[] = [];
  const mustGo = (other: PodInfo): boolean => {
    node.addPod(other);
    trial.add(state, pod, other, node);
    if (fits(state, pod, node) === undefined) return false;
    remove(other);
    victims.push(other);
    return true;
  };
  let budgetViolations = 0;
  for (const other of violating) if (mustGo(other)) budgetViolations++;
  for (const other of others) mustGo(other);
  if (victims.length === 0) return NO_VICTIMS;
  victims.sort(moreImportant);
  return { node: originalNode, victims, budgetViolations };
}

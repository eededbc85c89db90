import type { NodeInfo } from '../cluster/node-info.js';
import { NodeMemory } from '../cluster/node-memory.js';
import type { PodInfo } from '../cluster/pod-info.js';
import { podOf } from '../cluster-event.js';
import { fitMessage } from '../decision/fit-message.js';
import type { CycleState } from '../framework/cycle-state.js';
import type { PluginHandle } from '../framework/plugin-handle.js';
import type { FilterOutcome, Plugin, PostFilterResult, Rejection } from '../framework.js';
import { type Candidate, cheapestCandidate } from '../preemption/candidate.js';
import { evictVictims } from '../preemption/evict-victims.js';
import { type CandidateLimits, findCandidates, type TrialResult } from '../preemption/find-candidates.js';

const NOT_HELPFUL: Rejection = { reasons: ['Preemption is not helpful for scheduling'], unresolvable: true };

/** For people: what was considered. */
export interface PreemptionReasoning {
  readonly notEligible?: string;
  readonly node?: string;
  readonly candidates: readonly {
    readonly node: string;
    readonly victims: readonly { readonly pod: string; readonly priority: number }[];
    readonly budgetViolations: number;
  }[];
  readonly message?: string;
}

/** Makes room for a pod by the pods of lowest priority that cost least. */
export function defaultPreemption(handle: PluginHandle, limits: CandidateLimits): Plugin {
  const memory = new NodeMemory<TrialResult>(handle.nominator);
  return {
    name: 'DefaultPreemption',
    events: [
      {
        resource: 'AssignedPod',
        actions: ['Delete'],
        hint: (pod, event) => ((podOf(event).spec?.priority ?? 0) < pod.priority ? 'queue' : 'skip'),
      },
    ],
    postFilter(state, pod, outcome) {
      const notEligible = whyNotEligible(handle, pod, outcome);
      if (notEligible !== undefined)
        return { message: `preemption: ${notEligible}`, reasoning: { notEligible, candidates: [] } };
      const budgets = [...handle.objects.list('poddisruptionbudgets')];
      const { candidates, rejections } = findCandidates(handle, state, pod, outcome, budgets, limits, memory);
      if (candidates.length === 0) return nothingFound(outcome, rejections);
      const extenders = handle.extenders.filter((each) => each.preempts && each.isInterested(pod));
      if (extenders.length === 0) return toResult(handle, pod, candidates);
      return askExtenders(handle, state, pod, candidates, extenders);
    },
  };
}

async function askExtenders(
  handle: PluginHandle,
  _: CycleState,
  pod: PodInfo,
  found: readonly Candidate[],
  extenders: PluginHandle['extenders'],
): Promise<PostFilterResult> {
  let candidates = found;
  for (const extender of extenders) {
    try {
      candidates = await extender.preempt(pod, candidates, handle.cache);
    } catch (error) {
      if (!extender.isIgnorable) throw error;
      handle.log.warn({ error, extender: extender.name }, 'an extender is passed over');
    }
    if (candidates.length === 0) break;
  }
  return candidates.length === 0 ? { nominatedNode: '' } : toResult(handle, pod, candidates);
}

function toResult(handle: PluginHandle, pod: PodInfo, candidates: readonly Candidate[]): PostFilterResult {
  const chosen = cheapestCandidate(candidates) as Candidate;
  const node = chosen.node.name;
  return {
    nominatedNode: node,
    work: (signal) => evictVictims(handle, pod, chosen, signal),
    reasoning: { node, candidates: candidates.map(describe) } satisfies PreemptionReasoning,
  };
}

function describe({ node, victims, budgetViolations }: Candidate): PreemptionReasoning['candidates'][number] {
  return {
    node: node.name,
    victims: victims.map(({ key, priority }) => ({ pod: key, priority })),
    budgetViolations,
  };
}

function nothingFound(outcome: FilterOutcome, rejections: ReadonlyMap<string, Rejection>): PostFilterResult {
  const counts = new Map<Rejection, number>();
  for (const rejection of rejections.values()) counts.set(rejection, (counts.get(rejection) ?? 0) + 1);
  const untried = outcome.nodeCount - rejections.size;
  if (untried > 0) counts.set(NOT_HELPFUL, untried);
  const message = `preemption: ${fitMessage(outcome.nodeCount, counts)}`;
  return { nominatedNode: '', message, reasoning: { candidates: [], message } satisfies PreemptionReasoning };
}

/** Why the pod may not preempt at all; undefined where it may. */
function whyNotEligible({ cache, nominator }: PluginHandle, pod: PodInfo, outcome: FilterOutcome): string | undefined {
  if (pod.pod.spec?.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  const nominated = nominator.nodeOf(pod.uid) ?? pod.pod.status?.nominatedNodeName;
  const node = nominated ? cache.node(nominated) : undefined;
  // A node that no victim can help is no reason to wait for its victims.
  if (node === undefined || outcome.rejectionOf(node)?.unresolvable) return undefined;
  return hasLeavingVictim(node, pod) ? 'not eligible due to a terminating pod on the nominated node.' : undefined;
}

function hasLeavingVictim(node: NodeInfo, pod: PodInfo): boolean {
  for (const other of node.pods.values())
    if (
      other.isTerminating &&
      other.priority < pod.priority &&
      other.pod.status?.conditions?.some(
        ({ type, status, reason }) =>
          type === 'DisruptionTarget' && status === 'True' && reason === 'PreemptionByScheduler',
      )
    )
      return true;
  return false;
}

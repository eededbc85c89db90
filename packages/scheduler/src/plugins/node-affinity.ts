import type { DeepReadonly, NodeAffinity, NodeSelector, PreferredSchedulingTerm } from '@kubelab/api';
import { LruMap } from '../cluster/lru-map.js';
import { matchesAnyTerm, matchesTerm, type NodeMatcher, requiredNodes } from '../cluster/node-selector.js';
import type { PodInfo } from '../cluster/pod-info.js';
import { nodeOf } from '../cluster-event.js';
import { StateSlot } from '../framework/state-slot.js';
import { normalizeToMax, type Plugin, type PreFilterResult, type Rejection } from '../framework.js';

const NAME = 'NodeAffinity';
const NO_MATCH: Rejection = { reasons: ["node(s) didn't match Pod's node affinity/selector"], unresolvable: true };
const NOT_ENFORCED: Rejection = {
  reasons: ["node(s) didn't match scheduler-enforced node affinity"],
  unresolvable: true,
};
const CONFLICT: Rejection = { reasons: ['pod affinity terms conflict'], unresolvable: true };

interface WeightedMatcher {
  readonly weight: number;
  readonly matches: NodeMatcher;
}

interface Required {
  readonly matcher?: NodeMatcher | undefined;
}

interface Preferred {
  readonly terms: readonly WeightedMatcher[];
}

const preferredMatchers = new LruMap<string, readonly WeightedMatcher[]>(2_048);

/** spec.nodeSelector and the node affinity, required and preferred; `addedAffinity` is demanded of all pods as well. */
export function nodeAffinity(added?: NodeAffinity): Plugin {
  const addedRequired = added?.requiredDuringSchedulingIgnoredDuringExecution;
  const enforced = addedRequired && matchesAnyTerm(addedRequired.nodeSelectorTerms);
  const addedPreferred = compilePreferred(added?.preferredDuringSchedulingIgnoredDuringExecution ?? []);
  const requiredSlot = new StateSlot<Required>(NAME);
  const preferredSlot = new StateSlot<Preferred>(`${NAME}/score`);
  return {
    name: NAME,
    filtersByNodeAlone: true,
    events: [
      {
        resource: 'Node',
        actions: ['Add', 'UpdateNodeLabel'],
        hint(pod, event) {
          const { metadata } = nodeOf(event);
          const node = { name: metadata.name, labels: metadata.labels ?? {} };
          const fits = (enforced?.(node) ?? true) && (requiredNodes(pod.pod)?.(node) ?? true);
          return fits ? 'queue' : 'skip';
        },
      },
    ],
    preFilter(state, pod): PreFilterResult {
      const matcher = requiredNodes(pod.pod);
      if (matcher === undefined && enforced === undefined) return 'skip';
      requiredSlot.write(state, { matcher });
      const names = namedNodes(pod.pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution);
      if (names === undefined) return undefined;
      return names.size === 0 ? CONFLICT : { nodeNames: names };
    },
    filter(state, _, node) {
      if (enforced !== undefined && !enforced(node)) return NOT_ENFORCED;
      const matcher = requiredSlot.read(state)?.matcher;
      return matcher === undefined || matcher(node) ? undefined : NO_MATCH;
    },
    preScore(state, pod) {
      const terms = [...addedPreferred, ...preferredOf(pod)];
      if (terms.length === 0) return 'skip';
      preferredSlot.write(state, { terms });
      return undefined;
    },
    score(state, _, node) {
      let sum = 0;
      for (const { weight, matches } of preferredSlot.read(state)?.terms ?? []) if (matches(node)) sum += weight;
      return sum;
    },
    normalize: (_, scores) => normalizeToMax(scores, false),
  };
}

function preferredOf({ pod }: PodInfo): readonly WeightedMatcher[] {
  const terms = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
  if (!terms?.length) return [];
  const key = JSON.stringify(terms);
  const known = preferredMatchers.get(key);
  if (known) return known;
  const compiled = compilePreferred(terms);
  preferredMatchers.set(key, compiled);
  return compiled;
}

function compilePreferred(terms: readonly DeepReadonly<PreferredSchedulingTerm>[]): WeightedMatcher[] {
  // A weight of 0 adds nothing, and an empty term matches nothing.
  return terms
    .filter(({ weight }) => weight !== 0)
    .map(({ weight, preference }) => ({ weight, matches: matchesTerm(preference) }));
}

/** The nodes that the terms name by `metadata.name`; undefined where some term leaves others possible. */
function namedNodes(selector: DeepReadonly<NodeSelector> | undefined): Set<string> | undefined {
  if (selector === undefined) return undefined;
  const all = new Set<string>();
  for (const { matchFields = [] } of selector.nodeSelectorTerms) {
    let names: Set<string> | undefined;
    for (const { key, operator, values = [] } of matchFields) {
      if (key !== 'metadata.name' || operator !== 'In') continue;
      names = new Set(names === undefined ? values : values.filter((value) => names?.has(value)));
    }
    if (names === undefined) return undefined;
    for (const name of names) all.add(name);
  }
  return selector.nodeSelectorTerms.length === 0 ? undefined : all;
}

import {
  type DeepReadonly,
  type LabelSelectorLike,
  type Pod,
  type PodAffinityTerm,
  type Selector,
  selectorFromObject,
} from '@kubelab/api';
import { LruMap } from './lru-map.js';

/** A pod (anti-)affinity term of one pod, ready to be asked. Pods made alike share it. */
export interface AffinityTerm {
  /** The same for terms that match the same pods by the same topology. */
  readonly signature: string;
  readonly topologyKey: string;
  readonly selector: Selector;
  /** Namespaces by name; with neither these nor a selector, the pod's own is here. */
  readonly namespaces: ReadonlySet<string>;
  /** Namespaces by their labels. */
  readonly namespaceSelector: Selector | undefined;
}

export interface WeightedAffinityTerm {
  readonly weight: number;
  readonly term: AffinityTerm;
}

export interface PodAffinity {
  readonly requiredAffinity: readonly AffinityTerm[];
  readonly requiredAntiAffinity: readonly AffinityTerm[];
  readonly preferredAffinity: readonly WeightedAffinityTerm[];
  readonly preferredAntiAffinity: readonly WeightedAffinityTerm[];
}

const NO_AFFINITY: PodAffinity = {
  requiredAffinity: [],
  requiredAntiAffinity: [],
  preferredAffinity: [],
  preferredAntiAffinity: [],
};

const compiled = new LruMap<string, PodAffinity>(2_048);

export function podAffinityOf(pod: DeepReadonly<Pod>): PodAffinity {
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {};
  if (!podAffinity && !podAntiAffinity) return NO_AFFINITY;
  const text = JSON.stringify([podAffinity, podAntiAffinity]);
  // With these the term depends on the pod's labels.
  const usesLabels = text.includes('atchLabelKeys"');
  const key = `${pod.metadata?.namespace}\n${usesLabels ? JSON.stringify(pod.metadata?.labels) : ''}\n${text}`;
  const known = compiled.get(key);
  if (known) return known;
  const required = (terms: DeepReadonly<PodAffinityTerm[]> | undefined) =>
    (terms ?? []).map((term) => compileTerm(pod, term));
  const preferred = (
    terms: DeepReadonly<{ weight: number; podAffinityTerm: PodAffinityTerm }[]> | undefined,
  ): WeightedAffinityTerm[] =>
    (terms ?? []).map(({ weight, podAffinityTerm }) => ({ weight, term: compileTerm(pod, podAffinityTerm) }));
  const affinity = {
    requiredAffinity: required(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    requiredAntiAffinity: required(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferredAffinity: preferred(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    preferredAntiAffinity: preferred(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
  };
  compiled.set(key, affinity);
  return affinity;
}

function compileTerm(pod: DeepReadonly<Pod>, term: DeepReadonly<PodAffinityTerm>): AffinityTerm {
  const { topologyKey, matchLabelKeys, mismatchLabelKeys } = term;
  const labels = pod.metadata?.labels ?? {};
  const selector = selectorFromObject(
    withLabelKeys(term.labelSelector, labels, { In: matchLabelKeys, NotIn: mismatchLabelKeys }),
  );
  const namespaceSelector = term.namespaceSelector ? selectorFromObject(term.namespaceSelector) : undefined;
  const named = term.namespaces ?? [];
  const namespaces = new Set(named.length === 0 && !namespaceSelector ? [pod.metadata?.namespace ?? ''] : named);
  const signature = JSON.stringify([
    topologyKey,
    term.labelSelector === undefined ? null : selector.toString(),
    [...namespaces].sort(),
    namespaceSelector?.toString() ?? null,
  ]);
  return { signature, topologyKey, selector, namespaces, namespaceSelector };
}

/**
 * A selector with what `matchLabelKeys` and `mismatchLabelKeys` add to it: the
 * pod's own values of these labels (KEP-3633, KEP-3243). A key that the pod
 * lacks adds nothing, and a missing selector stays missing.
 */
export function withLabelKeys(
  selector: DeepReadonly<LabelSelectorLike> | undefined,
  labels: Readonly<Record<string, string>>,
  keys: Readonly<Record<'In' | 'NotIn', readonly string[] | undefined>>,
): LabelSelectorLike | undefined {
  if (selector === undefined) return undefined;
  const added = (['In', 'NotIn'] as const).flatMap((operator) =>
    (keys[operator] ?? []).flatMap((key) => {
      const value = labels[key];
      return value === undefined ? [] : [{ key, operator, values: [value] }];
    }),
  );
  if (added.length === 0) return selector as LabelSelectorLike;
  return { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...added] } as LabelSelectorLike;
}

/** Whether a pod of these labels, in a namespace with those labels, is one that the term speaks of. */
export function termMatches(
  term: AffinityTerm,
  namespace: string,
  labels: Readonly<Record<string, string>>,
  namespaceLabels: (namespace: string) => Readonly<Record<string, string>>,
): boolean {
  if (!term.namespaces.has(namespace) && !term.namespaceSelector?.matches(namespaceLabels(namespace))) return false;
  return term.selector.matches(labels);
}

import { type Pod, parseKey, pods } from '@kubelab/api';
import type { ApiClient, Cached } from '@kubelab/client';
import type { Logger } from 'pino';
import type { SchedulerCache } from '../cluster/cache.js';
import { createPodInfo, type PodInfo } from '../cluster/pod-info.js';
import { CycleState } from '../framework/cycle-state.js';
import type { Profile } from '../framework.js';
import { DECISION_ANNOTATION, type DecisionHistory, decisionText, EXPLAIN_ANNOTATION } from './decision-history.js';
import { type DecisionDocument, NODE_LIMIT, type VerdictDocument } from './describe-decision.js';

export interface ExplainerOptions {
  readonly client: Pick<ApiClient, 'patch'>;
  readonly cache: SchedulerCache;
  readonly history: DecisionHistory;
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly log: Logger;
}

/** Questions that wait; more are answered with the pod's next decision, or when asked again. */
const MAX_WAITING = 100;

/**
 * Answers who asks about a pod by its annotation `kubelab.io/explain`: the
 * decision is written to `kubelab.io/decision`. So asking needs the right to
 * change the pod, and the answer is had wherever the pod can be read.
 */
export class Explainer {
  readonly #options: ExplainerOptions;
  readonly #waiting = new Map<string, Cached<Pod>>();
  #working: Promise<void> | undefined;

  constructor(options: ExplainerOptions) {
    this.#options = options;
  }

  /** Whether the pod asks, and has not been answered. */
  static asks({ metadata }: Cached<Pod>): boolean {
    const request = metadata.annotations?.[EXPLAIN_ANNOTATION];
    if (!request) return false;
    const answer = metadata.annotations?.[DECISION_ANNOTATION];
    return answer === undefined || !answer.includes(`"request":${JSON.stringify(request)}`);
  }

  /** Returns at once. */
  answer(pod: Cached<Pod>): void {
    if (this.#waiting.size >= MAX_WAITING) return;
    this.#waiting.set(pod.metadata.uid, pod);
    this.#working ??= this.#work();
  }

  /** Resolves when nothing more waits. */
  async idle(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    // The answer is written after what made the question known has been seen by all.
    await Promise.resolve();
    for (const [uid, pod] of this.#waiting) {
      this.#waiting.delete(uid);
      await this.#write(pod);
    }
    this.#working = undefined;
  }

  async #write(pod: Cached<Pod>): Promise<void> {
    const { client, history, log } = this.#options;
    const { uid, annotations, namespace = '', name } = pod.metadata;
    const info = createPodInfo(pod);
    const kept = history.describe(uid);
    const document = pod.spec?.nodeName ? (kept ?? notKept(info)) : { ...(kept ?? notKept(info)), ...this.#now(info) };
    const text = decisionText(document, annotations?.[EXPLAIN_ANNOTATION] ?? '');
    const patch = { metadata: { uid, annotations: { [DECISION_ANNOTATION]: text } } };
    try {
      await client.patch<Pod>(pods, { namespace, name }, 'merge', patch, { subresource: 'status' });
    } catch (error) {
      log.debug({ key: info.key, error }, 'the decision was not written');
    }
  }

  /** Every filter's verdict of every node as they are now, not only of the first that refused. */
  #now(pod: PodInfo): { verdicts?: readonly VerdictDocument[] } {
    const { cache, profiles } = this.#options;
    const profile = profiles.get(pod.pod.spec?.schedulerName ?? '');
    if (profile === undefined) return {};
    const state = new CycleState();
    const refusedBy: Record<string, string> = {};
    for (const plugin of profile.preFilter) {
      const result = plugin.preFilter?.(state, pod);
      if (result === 'skip') state.skippedFilters.add(plugin.name);
      else if (result && 'reasons' in result) refusedBy[plugin.name] = result.reasons.join(', ');
    }
    const verdicts = cache.nodes.slice(0, NODE_LIMIT).map((node): VerdictDocument => {
      const filters: Record<string, string> = { ...refusedBy };
      for (const plugin of profile.filter) {
        if (state.skippedFilters.has(plugin.name) || refusedBy[plugin.name] !== undefined) continue;
        filters[plugin.name] = plugin.filter?.(state, pod, node)?.reasons.join(', ') ?? 'fits';
      }
      return { node: node.name, filters };
    });
    return { verdicts };
  }
}

function notKept(pod: PodInfo): DecisionDocument {
  const { namespace, name } = parseKey(pod.key);
  const message = pod.pod.spec?.nodeName
    ? `the decision about ${namespace}/${name} is no longer kept (--decision-history says how many are)`
    : 'the pod has not been tried yet';
  return {
    pod: pod.key,
    uid: pod.uid,
    scheduler: pod.pod.spec?.schedulerName ?? '',
    time: new Date().toISOString(),
    attempt: 0,
    priority: pod.priority,
    ...(pod.pod.spec?.nodeName ? { node: pod.pod.spec.nodeName } : {}),
    message,
    nodes: { total: 0, evaluated: 0, feasible: 0 },
    rejections: [],
    scores: [],
    ties: 0,
    milliseconds: {},
    wouldHelp: [],
    limit: NODE_LIMIT,
  };
}

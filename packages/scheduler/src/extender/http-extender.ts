import type { Node } from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import type { SchedulerCache } from '../cluster/cache.js';
import type { NodeInfo } from '../cluster/node-info.js';
import type { PodInfo } from '../cluster/pod-info.js';
import type { ExtenderConfiguration } from '../config/configuration.js';
import { MAX_NODE_SCORE, type Rejection } from '../framework.js';
import type { Candidate } from '../preemption/candidate.js';
import type { PostJson } from './post-json.js';

/** `ExtenderFilterResult` of `k8s.io/kube-scheduler/extender/v1`. */
interface FilterAnswer {
  readonly nodes?: { readonly items?: readonly Cached<Node>[] } | null;
  readonly nodenames?: readonly string[] | null;
  readonly failedNodes?: Readonly<Record<string, string>> | null;
  readonly failedAndUnresolvableNodes?: Readonly<Record<string, string>> | null;
  readonly error?: string;
}

interface PreemptionAnswer {
  readonly nodeNameToMetaVictims?: Readonly<
    Record<string, { readonly pods?: readonly { readonly uid: string }[] | null; readonly numPDBViolations?: number }>
  >;
}

export interface ExtenderFilterResult {
  readonly feasible: NodeInfo[];
  readonly rejections: ReadonlyMap<NodeInfo, Rejection>;
}

/** Extenders give 0 to 10, nodes are scored 0 to 100. */
const MAX_EXTENDER_PRIORITY = 10;

/** A process of the user's own that is asked over HTTP about nodes, scores, victims and bindings. */
export class HttpExtender {
  readonly #configuration: ExtenderConfiguration;
  readonly #post: PostJson;

  constructor(configuration: ExtenderConfiguration, post: PostJson) {
    this.#configuration = configuration;
    this.#post = post;
  }

  get name(): string {
    return this.#configuration.urlPrefix;
  }

  get isIgnorable(): boolean {
    return this.#configuration.ignorable;
  }

  get filters(): boolean {
    return this.#configuration.filterVerb !== '';
  }

  get prioritizes(): boolean {
    return this.#configuration.prioritizeVerb !== '';
  }

  get preempts(): boolean {
    return this.#configuration.preemptVerb !== '';
  }

  get binds(): boolean {
    return this.#configuration.bindVerb !== '';
  }

  get ignoredResources(): readonly string[] {
    return this.#configuration.managedResources.flatMap((each) => (each.ignoredByScheduler ? [each.name] : []));
  }

  /** It manages some resource that the pod asks for, or it is asked about every pod. */
  isInterested({ requests }: PodInfo): boolean {
    const { managedResources } = this.#configuration;
    if (managedResources.length === 0) return true;
    return requests.scalars.some(([name]) => managedResources.some((managed) => managed.name === name));
  }

  /** @throws where it cannot be asked, or answers with an error */
  async filter(pod: PodInfo, nodes: readonly NodeInfo[]): Promise<ExtenderFilterResult> {
    const answer = await this.#call<FilterAnswer>(this.#configuration.filterVerb, this.#arguments(pod, nodes));
    if (answer.error) throw new Error(answer.error);
    const failed = answer.failedNodes ?? {};
    const unresolvable = answer.failedAndUnresolvableNodes ?? {};
    const names = this.#configuration.nodeCacheCapable
      ? answer.nodenames
      : answer.nodes?.items?.map(({ metadata }) => metadata.name);
    const kept = names ? new Set(names) : undefined;
    const feasible: NodeInfo[] = [];
    const rejections = new Map<NodeInfo, Rejection>();
    for (const node of nodes) {
      const final = unresolvable[node.name];
      const reason = final ?? failed[node.name];
      if (reason !== undefined) rejections.set(node, { reasons: [reason], unresolvable: final !== undefined });
      else if (kept?.has(node.name) ?? true) feasible.push(node);
      else rejections.set(node, { reasons: [`node is filtered out by extender ${this.name}`], unresolvable: false });
    }
    return { feasible, rejections };
  }

  /** Adds its points, weighted, to those of the nodes. */
  async prioritize(pod: PodInfo, nodes: readonly NodeInfo[], totals: Float64Array): Promise<void> {
    const { prioritizeVerb, weight } = this.#configuration;
    const answer = await this.#call<readonly { readonly host: string; readonly score: number }[]>(
      prioritizeVerb,
      this.#arguments(pod, nodes),
    );
    const scores = new Map(answer.map(({ host, score }) => [host, score]));
    nodes.forEach((node, index) => {
      const points = (scores.get(node.name) ?? 0) * weight * (MAX_NODE_SCORE / MAX_EXTENDER_PRIORITY);
      totals[index] = (totals[index] ?? 0) + points;
    });
  }

  /** Which candidates remain, and with which victims. */
  async preempt(pod: PodInfo, candidates: readonly Candidate[], cache: SchedulerCache): Promise<Candidate[]> {
    const { nodeCacheCapable, preemptVerb } = this.#configuration;
    const victims = Object.fromEntries(
      candidates.map(({ node, victims: pods, budgetViolations }) => [
        node.name,
        {
          pods: pods.map((each) => (nodeCacheCapable ? { uid: each.uid } : each.pod)),
          numPDBViolations: budgetViolations,
        },
      ]),
    );
    const answer = await this.#call<PreemptionAnswer>(preemptVerb, {
      pod: pod.pod,
      ...(nodeCacheCapable ? { nodeNameToMetaVictims: victims } : { nodeNameToVictims: victims }),
    });
    return Object.entries(answer.nodeNameToMetaVictims ?? {}).map(([name, { pods, numPDBViolations = 0 }]) => {
      const node = cache.node(name);
      if (node === undefined) throw new Error(`the extender names node ${name}, which is not there`);
      const chosen = (pods ?? []).map(({ uid }) => {
        const victim = node.pods.get(uid);
        if (victim === undefined) throw new Error(`the extender names pod ${uid}, which is not on node ${name}`);
        return victim;
      });
      return { node, victims: chosen, budgetViolations: numPDBViolations };
    });
  }

  async bind(pod: PodInfo, node: string): Promise<void> {
    const answer = await this.#call<{ readonly error?: string }>(this.#configuration.bindVerb, {
      podName: pod.pod.metadata.name,
      podNamespace: pod.namespace,
      podUID: pod.uid,
      node,
    });
    if (answer.error) throw new Error(answer.error);
  }

  #arguments(pod: PodInfo, nodes: readonly NodeInfo[]) {
    return this.#configuration.nodeCacheCapable
      ? { pod: pod.pod, nodenames: nodes.map(({ name }) => name) }
      : { pod: pod.pod, nodes: { metadata: {}, items: nodes.map(({ node }) => node) } };
  }

  #call<T>(verb: string, body: unknown): Promise<T> {
    const { urlPrefix, httpTimeoutMs } = this.#configuration;
    return this.#post<T>(`${urlPrefix.replace(/\/+$/, '')}/${verb}`, body, httpTimeoutMs);
  }
}

import type { PodInfo } from '../cluster/pod-info.js';
import type { Cycle } from '../decision/cycle.js';
import { DecisionRecord, type Outcome } from './decision-record.js';
import { type DecisionDocument, describeDecision } from './describe-decision.js';

/** On a pod: somebody wants to know why it is where it is. The value comes back in the answer. */
export const EXPLAIN_ANNOTATION = 'kubelab.io/explain';
/** On a pod: the last decision about it, as JSON of a `DecisionDocument`. */
export const DECISION_ANNOTATION = 'kubelab.io/decision';

/**
 * The last decisions in a ring. With a capacity of 0 only those of pods that
 * ask by their annotation are kept, and those only until the next.
 */
export class DecisionHistory {
  readonly #capacity: number;
  readonly #ring: DecisionRecord[] = [];
  #next = 0;
  /** Uid → its place in the ring. */
  readonly #places = new Map<string, number>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  record(cycle: Cycle, outcome: Outcome): void {
    const capacity = this.#capacity > 0 ? this.#capacity : asks(cycle.pod) ? 1 : 0;
    if (capacity === 0) return;
    const { uid } = cycle.pod;
    // A pod that is tried again and again has one place.
    let place = this.#places.get(uid);
    if (place === undefined) {
      place = this.#next;
      this.#next = (this.#next + 1) % capacity;
      const replaced = this.#ring[place]?.pod?.uid;
      if (replaced !== undefined) this.#places.delete(replaced);
      this.#places.set(uid, place);
    }
    let record = this.#ring[place];
    if (record === undefined) {
      record = new DecisionRecord();
      this.#ring[place] = record;
    }
    // The attempt that made room and the one that uses it are two; both belong to the answer.
    const earlier = record.pod?.uid === uid ? record.outcome.preemption : undefined;
    record.copy(cycle, earlier === undefined ? outcome : { preemption: earlier, ...outcome }, Date.now());
  }

  /** Undefined where no decision about the pod is kept. */
  describe(uid: string): DecisionDocument | undefined {
    const place = this.#places.get(uid);
    const record = place === undefined ? undefined : this.#ring[place];
    return record?.pod?.uid === uid ? describeDecision(record) : undefined;
  }

  /** The annotation that goes with the write of a decision that was just recorded, for a pod that asks for it. */
  annotationsFor(pod: PodInfo): Readonly<Record<string, string>> | undefined {
    if (!asks(pod)) return undefined;
    const document = this.describe(pod.uid);
    return document && { [DECISION_ANNOTATION]: decisionText(document, requestOf(pod)) };
  }
}

/** What was asked with: it comes back, so that who asked knows an answer to this question. */
export function requestOf({ pod }: PodInfo): string {
  return pod.metadata.annotations?.[EXPLAIN_ANNOTATION] ?? '';
}

const asks = (pod: PodInfo): boolean => requestOf(pod) !== '';

export function decisionText(document: DecisionDocument, request: string): string {
  return JSON.stringify({ ...document, request });
}

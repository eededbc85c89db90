import type { ObservedPod } from '../observe/observed-pod.js';

const EVERY_MS = 1_000;
const LIMIT_MS = 5_000;
const PAGE = '/debug/scheduling-stages';

/** What kubelab's scheduler answers; its clock is in milliseconds since 1970. */
interface StagesAnswer {
  readonly nowMs: number;
  readonly next: number;
  readonly lost: number;
  readonly pods: readonly { readonly pod: string; readonly queuedMs: number; readonly decidedMs: number }[];
}

/** Asks the scheduler when it queued and decided pods, while they are measured. */
export interface SchedulerStages {
  /**
   * Enters what was learnt into the pods, and stops. Resolves with what must be
   * said of it: why the stages are not known, or not of all pods.
   */
  finish(pods: readonly ObservedPod[]): Promise<readonly string[]>;
}

/** `metricsUrl`: where the scheduler serves its metrics; absent where nobody knows. */
export async function followSchedulerStages(metricsUrl: string | undefined): Promise<SchedulerStages> {
  const first = metricsUrl === undefined ? undefined : await ask(metricsUrl, Number.MAX_SAFE_INTEGER);
  if (metricsUrl === undefined || first === undefined) {
    const why =
      metricsUrl === undefined ? 'it is not known where the scheduler can be asked' : 'the scheduler has none';
    return {
      finish: async () => [
        `when pods were queued and decided is left out: ${why} (kubelab's tells it beside its metrics)`,
      ],
    };
  }
  const learnt = new Map<string, { queuedMs: number; decidedMs: number }>();
  let { next } = first.answer;
  let lost = 0;
  let clock = first;
  const look = async (): Promise<void> => {
    const latest = await ask(metricsUrl, next);
    if (!latest) return;
    next = latest.answer.next;
    lost += latest.answer.lost;
    if (latest.tripMs < clock.tripMs) clock = latest;
    for (const { pod, queuedMs, decidedMs } of latest.answer.pods) learnt.set(pod, { queuedMs, decidedMs });
  };
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, EVERY_MS);
  return {
    async finish(pods) {
      clearInterval(timer);
      await looking;
      await look();
      let unknown = 0;
      for (const pod of pods) {
        const stages = learnt.get(`${pod.namespace}/${pod.name}`);
        if (stages) {
          pod.queuedMs = stages.queuedMs + clock.offsetMs;
          pod.decidedMs = stages.decidedMs + clock.offsetMs;
        } else if (pod.boundMs !== undefined) unknown += 1;
      }
      if (unknown === 0) return [];
      const why = lost > 0 ? 'it decided more than it keeps' : 'it was away, or another bound them';
      return [`the scheduler did not tell when it queued and decided ${unknown} of ${pods.length} pods: ${why}`];
    },
  };
}

interface Asked {
  readonly answer: StagesAnswer;
  readonly tripMs: number;
  /** To be added to the scheduler's times for those of `performance.now()`. */
  readonly offsetMs: number;
}

/** Undefined where there is no such page, or no answer. */
async function ask(metricsUrl: string, since: number): Promise<Asked | undefined> {
  const url = new URL(`${PAGE}?since=${since}`, metricsUrl);
  const sentMs = performance.now();
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS) });
    if (!response.ok) return undefined;
    const answer = (await response.json()) as StagesAnswer;
    const tripMs = performance.now() - sentMs;
    return { answer, tripMs, offsetMs: sentMs + tripMs / 2 - answer.nowMs };
  } catch {
    return undefined;
  }
}

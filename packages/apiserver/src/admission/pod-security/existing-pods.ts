import { controllerOf, type Persisted, type Pod } from '@kubelab/api';
import { reasonsOf, violationsOf } from './evaluate.js';
import { podToCheck } from './pod-to-check.js';
import { type LevelVersion, textOf } from './policy.js';

const MAX_PODS = 3000;
const LIMIT_MS = 1000;

/** What is told about pods that are there already when a namespace's level rises; they are left alone. */
export function warningsForExisting(
  namespace: string,
  pods: readonly Persisted<Pod>[],
  enforce: LevelVersion,
): string[] {
  const end = performance.now() + LIMIT_MS;
  const violators = new Map<string, string[]>();
  let checked = 0;
  for (const pod of oneOfEachControllerFirst(pods).slice(0, MAX_PODS)) {
    checked += 1;
    const reasons = reasonsOf(violationsOf(podToCheck(pod), enforce));
    if (reasons !== '') violators.set(reasons, [...(violators.get(reasons) ?? []), pod.metadata.name]);
    if (performance.now() > end) break;
  }
  const warnings: string[] = [];
  if (checked < pods.length) {
    warnings.push(
      `new PodSecurity enforce level only checked against the first ${checked} of ${pods.length} existing pods`,
    );
  }
  if (violators.size > 0) {
    warnings.push(
      `existing pods in namespace "${namespace}" violate the new PodSecurity enforce level "${textOf(enforce)}"`,
    );
  }
  const each = [...violators].map(([reasons, names]) => `${namesText(names)}: ${reasons}`);
  return [...warnings, ...each.sort()];
}

function namesText(names: readonly string[]): string {
  const [first = ''] = [...names].sort();
  const others = names.length - 1;
  if (others === 0) return first;
  return `${first} (and ${others} other ${others === 1 ? 'pod' : 'pods'})`;
}

/** Pods of one controller are alike: where not all can be looked at, others come before their second. */
function oneOfEachControllerFirst(pods: readonly Persisted<Pod>[]): Persisted<Pod>[] {
  const seen = new Set<string>();
  const first: Persisted<Pod>[] = [];
  const rest: Persisted<Pod>[] = [];
  for (const pod of pods) {
    const uid = controllerOf(pod)?.uid;
    (uid !== undefined && seen.has(uid) ? rest : first).push(pod);
    if (uid !== undefined) seen.add(uid);
  }
  return [...first, ...rest];
}

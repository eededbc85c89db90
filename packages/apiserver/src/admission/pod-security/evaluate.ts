import { baselineChecks } from './baseline-checks.js';
import type { Check, CheckFunction, PodToCheck, Violation } from './check.js';
import type { LevelVersion } from './policy.js';
import { restrictedChecks } from './restricted-checks.js';

/** The version of Kubernetes whose standards these are; a later one is not known yet. */
const NEWEST_MINOR = 34;

const known = new Map<string, readonly CheckFunction[]>();

/** What a pod has against a level: baseline first, then restricted, each in the order of the checks' ids. */
export function violationsOf(pod: PodToCheck, { level, version }: LevelVersion): Violation[] {
  if (level === 'privileged') return [];
  const minor = Math.min(version === 'latest' ? NEWEST_MINOR : version, NEWEST_MINOR);
  return checksOf(level, minor).flatMap((check) => check(pod) ?? []);
}

function checksOf(level: 'baseline' | 'restricted', minor: number): readonly CheckFunction[] {
  const key = `${level}:${minor}`;
  const cached = known.get(key);
  if (cached) return cached;
  const restricted = level === 'restricted' ? restrictedChecks.filter((check) => atVersion(check, minor)) : [];
  const overridden = new Set(restricted.map(({ overrides }) => overrides));
  const baseline = baselineChecks.filter(({ id }) => !overridden.has(id));
  const checks = [...baseline, ...restricted].flatMap((check) => atVersion(check, minor) ?? []);
  known.set(key, checks);
  return checks;
}

function atVersion({ versions }: Check, minor: number): CheckFunction | undefined {
  return versions.findLast(([from]) => from <= minor)?.[1];
}

/** `reason (detail), reason (detail)`. */
export function detailsOf(violations: readonly Violation[]): string {
  return violations.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ');
}

/** `reason, reason`. */
export function reasonsOf(violations: readonly Violation[]): string {
  return violations.map(({ reason }) => reason).join(', ');
}

import type { KubernetesObject } from '../object.js';
import { checkDnsLabel } from '../validation/names.js';

/** What Kubernetes warns of when pods are to be named after an object whose name is no DNS label. */
export function podNameWarnings(object: KubernetesObject, use = 'Pod names and hostnames'): string[] {
  const problems = checkDnsLabel(object.metadata?.name ?? '');
  if (problems.length === 0) return [];
  return [
    `metadata.name: this is used in ${use}, which can result in surprising behavior; a DNS label is recommended: [${problems.join(' ')}]`,
  ];
}

import type { Node } from '@kubelab/api';
import type { RestClient } from '../cluster/rest-client.js';
import { CommandError } from './command-context.js';

/** Resolves once each of the nodes reports Ready; rejects after `limitMs`. */
export async function untilNodesReady(client: RestClient, names: readonly string[], limitMs: number): Promise<void> {
  const missing = new Set(names);
  if (missing.size === 0) return;
  const signal = AbortSignal.timeout(limitMs);
  // A watch without a version begins with what is there.
  for await (const { object } of client.watch<{ object: Node }>('/api/v1/nodes?watch=true', signal)) {
    if (isReady(object)) missing.delete(object.metadata?.name ?? '');
    if (missing.size === 0) return;
  }
  throw new CommandError(`not Ready after ${limitMs / 1000} s: ${[...missing].join(', ')}`);
}

function isReady(node: Node): boolean {
  return node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

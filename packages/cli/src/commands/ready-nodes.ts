import { setTimeout as delay } from 'node:timers/promises';
import type { Node } from '@kubelab/api';
import type { RestClient } from '../cluster/rest-client.js';
import { CommandError } from './command-context.js';

const RETRY_AFTER_MS = 50;

/** Resolves once each of the nodes reports Ready; rejects after `limitMs`. An apiserver that goes away is asked again. */
export async function untilNodesReady(client: RestClient, names: readonly string[], limitMs: number): Promise<void> {
  const missing = new Set(names);
  const signal = AbortSignal.timeout(limitMs);
  let reason = '';
  while (missing.size > 0 && !signal.aborted) {
    await watchNodes(client, missing, signal).catch((error: Error) => {
      reason = `: ${error.message}`;
    });
    if (missing.size > 0) await delay(RETRY_AFTER_MS);
  }
  if (missing.size > 0)
    throw new CommandError(`not Ready after ${limitMs / 1000} s: ${[...missing].join(', ')}${reason}`);
}

/** Takes those that are Ready out of `missing`, until none is left or the watch ends. */
async function watchNodes(client: RestClient, missing: Set<string>, signal: AbortSignal): Promise<void> {
  // A watch without a version begins with what is there.
  for await (const { object } of client.watch<{ object: Node }>('/api/v1/nodes?watch=true', signal)) {
    if (isReady(object)) missing.delete(object.metadata?.name ?? '');
    if (missing.size === 0) return;
  }
}

function isReady(node: Node): boolean {
  return node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

import { isApiError, type Pod, parseKey, pods } from '@kubelab/api';
import type { PodInfo } from '../cluster/pod-info.js';
import type { PluginHandle } from '../framework/plugin-handle.js';
import type { Candidate } from './candidate.js';

/**
 * Makes the room: victims that still wait for permission are taken back, all
 * others get their condition and are deleted with their own grace; pods of
 * lower priority lose their nomination for the node.
 * @throws ApiError of the first write that failed; the pod is then tried anew.
 */
export async function evictVictims(
  handle: PluginHandle,
  pod: PodInfo,
  { node, victims }: Candidate,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(victims.map((victim) => evict(handle, pod, victim, node.name, signal)));
  handle.onPreemption(victims.length);
  const lower = [...(handle.nominator.podsOn(node.name) ?? [])].filter((other) => other.priority < pod.priority);
  await Promise.all(lower.map((other) => clearNomination(handle, other, signal)));
}

async function evict(
  { client, recorder, waiting }: PluginHandle,
  pod: PodInfo,
  victim: PodInfo,
  node: string,
  signal: AbortSignal,
): Promise<void> {
  if (waiting.reject(victim.uid, 'DefaultPreemption', 'preempted')) return;
  const key = parseKey(victim.key);
  const { uid } = victim;
  const now = `${new Date().toISOString().slice(0, 19)}Z`;
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'PreemptionByScheduler',
    message: `${pod.pod.spec?.schedulerName}: preempting to accommodate a higher priority pod`,
    lastTransitionTime: now,
    observedGeneration: victim.pod.metadata.generation,
  };
  try {
    const patch = { metadata: { uid }, status: { conditions: [condition] } };
    await client.patch<Pod>(pods, key, 'strategic', patch, { subresource: 'status', signal });
    await client.delete(pods, key, { preconditions: { uid }, signal });
  } catch (error) {
    // It has gone by itself, or another pod has its name.
    if (isApiError(error, 'NotFound', 'Conflict')) return;
    throw error;
  }
  recorder.event(victim.pod, 'Normal', 'Preempted', `Preempted by pod ${pod.uid} on node ${node}`);
}

async function clearNomination({ client, nominator, log }: PluginHandle, pod: PodInfo, signal: AbortSignal) {
  nominator.delete(pod.uid);
  const patch = { metadata: { uid: pod.uid }, status: { nominatedNodeName: null } };
  try {
    await client.patch<Pod>(pods, parseKey(pod.key), 'merge', patch, { subresource: 'status', signal });
  } catch (error) {
    // Only a hint for people is stale: what counts is the nominator.
    log.debug({ key: pod.key, error }, 'the nomination was not cleared');
  }
}

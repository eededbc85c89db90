import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  parseKey,
  type ResourceType,
  resourceTable,
} from '@kubelab/api';
import type { ApiClient } from '@kubelab/client';
import type { ClusterObjects } from '../cluster/cluster-objects.js';
import type { PodInfo } from '../cluster/pod-info.js';
import { podOf } from '../cluster-event.js';
import type { FilterResult, Plugin, Rejection } from '../framework.js';
import { AssumedVolumes, type Assumption } from './assumed-volumes.js';
import { type ClaimsOfPod, findVolumes } from './find-volumes.js';
import { BOUND_BY_CONTROLLER, isBound, SELECTED_NODE, sortClaims } from './volume-claims.js';

export interface VolumeBindingArgs {
  /** How long a pod that is placed waits for its volumes. */
  readonly bindTimeoutMs: number;
}

const NAME = 'VolumeBinding';
const UNBOUND: Rejection = { reasons: ['pod has unbound immediate PersistentVolumeClaims'], unresolvable: true };

interface State extends ClaimsOfPod {
  /** By slot of the nodes that fit. */
  readonly choices: Map<number, Assumption>;
  reserved: Assumption | undefined;
}

/** A pod goes where its volumes are, or can be found or made; what is chosen is set aside, written, and waited for. */
export function volumeBinding(
  { client, objects }: { readonly client: Pick<ApiClient, 'patch'>; readonly objects: ClusterObjects },
  { bindTimeoutMs }: VolumeBindingArgs,
): Plugin {
  const assumed = new AssumedVolumes();
  const rejections = new Map<string, Rejection>();
  const rejectionOf = (reasons: readonly string[]): Rejection => {
    const key = reasons.join('\n');
    const rejection = rejections.get(key) ?? { reasons, unresolvable: true };
    rejections.set(key, rejection);
    return rejection;
  };
  const bindChoice = async (pod: PodInfo, choice: Assumption, signal: AbortSignal): Promise<FilterResult> => {
    try {
      await writeChoice(client, objects, choice, signal);
      await untilBound(objects, pod, choice, AbortSignal.any([signal, AbortSignal.timeout(bindTimeoutMs)]));
      assumed.forget(choice);
      return undefined;
    } catch (error) {
      if (signal.aborted) throw error;
      return { reasons: [`binding volumes: ${messageOf(error)}`], unresolvable: false, isError: true };
    }
  };
  return {
    name: NAME,
    events: [
      { resource: 'Node', actions: ['Add', 'UpdateNodeLabel'] },
      { resource: 'StorageClass', actions: ['Add', 'Update'] },
      {
        resource: 'PersistentVolumeClaim',
        actions: ['Add', 'Update'],
        hint(pod, { object }) {
          const { namespace, name } = object.metadata;
          const isOwn = namespace === pod.namespace && pod.claims.some((claim) => claim.name === name);
          return isOwn ? 'queue' : 'skip';
        },
      },
      { resource: 'PersistentVolume', actions: ['Add', 'Update'] },
      { resource: 'CSINode', actions: ['Add', 'Update'] },
      { resource: 'CSIDriver', actions: ['Update'] },
      { resource: 'CSIStorageCapacity', actions: ['Add', 'Update'] },
      // One that used the claims may have kept them from being bound.
      {
        resource: 'AssignedPod',
        actions: ['Delete'],
        hint: (pod, event) => (podOf(event).metadata.namespace === pod.namespace ? 'queue' : 'skip'),
      },
    ],
    preFilter(state, pod) {
      if (pod.claims.length === 0) return 'skip';
      const claims = sortClaims(pod, objects);
      if (typeof claims === 'string') return rejectionOf([claims]);
      if (claims.immediate.length > 0) return UNBOUND;
      state.write<State>(NAME, { ...claims, choices: new Map(), reserved: undefined });
      return undefined;
    },
    filter(state, _, node) {
      const own = state.read<State>(NAME);
      if (own === undefined) return undefined;
      const found = findVolumes({ objects, assumed }, own, node);
      if ('reasons' in found) return rejectionOf(found.reasons);
      own.choices.set(node.slot, found);
      return undefined;
    },
    reserve(state, _, node) {
      const own = state.read<State>(NAME);
      const choice = own?.choices.get(node.slot);
      if (own === undefined || choice === undefined) return undefined;
      assumed.assume(choice);
      own.reserved = choice;
      return undefined;
    },
    unreserve(state) {
      const own = state.read<State>(NAME);
      if (own?.reserved) assumed.forget(own.reserved);
    },
    preBind(state, pod, _, signal) {
      const choice = state.read<State>(NAME)?.reserved;
      if (choice === undefined || choice.bindings.length + choice.provisions.length === 0) return undefined;
      return bindChoice(pod, choice, signal);
    },
  };
}

const messageOf = (error: unknown): string =>
  error instanceof Error
    ? error.name === 'TimeoutError'
      ? 'context deadline exceeded'
      : error.message
    : String(error);

function resourceOf<T extends PersistentVolume | PersistentVolumeClaim>(plural: string): ResourceType<T> {
  const resource = resourceTable.find((each) => each.plural === plural);
  if (resource === undefined) throw new Error(`the cluster has no ${plural}`);
  return resource as unknown as ResourceType<T>;
}

async function writeChoice(
  client: Pick<ApiClient, 'patch'>,
  objects: ClusterObjects,
  { bindings, provisions }: Assumption,
  signal: AbortSignal,
): Promise<void> {
  for (const { volume, claim } of bindings) {
    const { namespace, name } = parseKey(claim);
    const found = objects.get('persistentvolumeclaims', claim);
    const claimRef = {
      kind: 'PersistentVolumeClaim',
      apiVersion: 'v1',
      namespace,
      name,
      uid: found?.metadata.uid,
      resourceVersion: found?.metadata.resourceVersion,
    };
    const present = objects.get('persistentvolumes', volume);
    const patch = {
      // Whoever took it meanwhile has it: the write is refused then.
      metadata: { resourceVersion: present?.metadata.resourceVersion, annotations: { [BOUND_BY_CONTROLLER]: 'yes' } },
      spec: { claimRef },
    };
    const key = { namespace: '', name: volume };
    await client.patch(resourceOf<PersistentVolume>('persistentvolumes'), key, 'merge', patch, { signal });
  }
  for (const { claim, node } of provisions) {
    if (objects.get('persistentvolumeclaims', claim)?.metadata.annotations?.[SELECTED_NODE] === node) continue;
    const patch = { metadata: { annotations: { [SELECTED_NODE]: node } } };
    const resource = resourceOf<PersistentVolumeClaim>('persistentvolumeclaims');
    await client.patch(resource, parseKey(claim), 'merge', patch, { signal });
  }
}

/** Rejects where a provisioner gives the node back, or a claim is gone. */
async function untilBound(
  objects: ClusterObjects,
  pod: PodInfo,
  { bindings, provisions }: Assumption,
  signal: AbortSignal,
): Promise<void> {
  const nodes = new Map(provisions.map(({ claim, node }) => [claim, node]));
  const selected = new Set<string>();
  for (const claim of [...bindings.map((binding) => binding.claim), ...nodes.keys()]) {
    const node = nodes.get(claim);
    let givenBack = false;
    const found = await objects.waitFor(
      'persistentvolumeclaims',
      claim,
      (each) => {
        const now = each.metadata.annotations?.[SELECTED_NODE];
        if (now !== undefined) selected.add(claim);
        givenBack = node !== undefined && selected.has(claim) && now !== node;
        return isBound(each) || givenBack;
      },
      signal,
    );
    if (found === undefined) throw new Error(`persistentvolumeclaim "${parseKey(claim).name}" of ${pod.key} is gone`);
    if (givenBack) throw new Error(`selectedNode annotation reset for PVC "${parseKey(claim).name}"`);
  }
}

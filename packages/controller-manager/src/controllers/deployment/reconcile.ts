import {
  controllerOf,
  type Deployment,
  deployments,
  isApiError,
  isPodTerminal,
  newControllerReference,
  pods,
  type ReplicaSet,
  replicaSets,
  selectorFromObject,
} from '@kubelab/api';
import { type Cached, deleteIfPresent, mutableCopy, type ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';
import { claim } from '../../ownership/claim.js';
import { CONTROLLER_INDEX } from '../../shared-informers.js';
import { statusDiffers } from '../../status-differs.js';
import {
  byCreation,
  desiredReplicas,
  newReplicaSetSize,
  planCleanup,
  planNewReplicaSet,
  planOldReplicaSets,
  planScaling,
  type ScaleStep,
} from './plan.js';
import {
  DESIRED_REPLICAS,
  newReplicaSetAnnotations,
  REVISION,
  revisionOf,
  sizeAnnotations,
} from './replica-set-annotations.js';
import { isRolloutComplete, planStatus, type StatusInput } from './status.js';
import { sameTemplate, TEMPLATE_HASH_LABEL, templateHash } from './template-hash.js';

type Set = Cached<ReplicaSet>;

/** What one reconcile works on. */
interface Rollout {
  readonly deployment: Cached<Deployment>;
  readonly sets: readonly Set[];
  readonly context: ReconcileContext;
}

/** Rolls Deployments out: one ReplicaSet a template, resized step by step. */
export const createDeploymentController: ControllerFactory = (context) => {
  const { client, informers, recorder, clock } = context;
  const deploymentInformer = informers.for(deployments);
  const replicaSetInformer = informers.for(replicaSets);
  const podInformer = informers.for(pods);
  const reconciler = context.createReconciler('Deployment', reconcile, [
    deploymentInformer,
    replicaSetInformer,
    podInformer,
  ]);
  const { queue } = reconciler;

  deploymentInformer.onChange(({ key, trace }) => queue.add(key, trace));
  replicaSetInformer.onChange(({ type, object, old, trace }) => {
    for (const replicaSet of old ? [object, old] : [object]) {
      const owner = controllerOf(replicaSet);
      if (owner?.kind === 'Deployment') queue.add(`${replicaSet.metadata.namespace}/${owner.name}`, trace);
    }
    if (type !== 'deleted' && controllerOf(object) === undefined)
      for (const deployment of deploymentInformer.byIndex('namespace', object.metadata.namespace ?? ''))
        if (selectorFromObject(deployment.spec?.selector).matches(object.metadata.labels))
          queue.add(`${deployment.metadata.namespace}/${deployment.metadata.name}`, trace);
  });
  // Recreate waits for the last old pod to be gone.
  podInformer.onChange(({ type, object, trace }) => {
    if (type !== 'deleted') return;
    const owner = controllerOf(object);
    const replicaSet = owner && replicaSetInformer.get(`${object.metadata.namespace}/${owner.name}`);
    const deployment = replicaSet && controllerOf(replicaSet);
    if (deployment?.kind === 'Deployment') queue.add(`${object.metadata.namespace}/${deployment.name}`, trace);
  });

  async function reconcile(key: string, reconcileContext: ReconcileContext) {
    const deployment = deploymentInformer.get(key);
    if (deployment === undefined) return undefined;
    const sets = await claim({
      client,
      ownerResource: deployments,
      owner: deployment,
      resource: replicaSets,
      informer: replicaSetInformer,
      selector: selectorFromObject(deployment.spec?.selector),
      mayAdopt: () => true,
      context: reconcileContext,
    });
    const rollout: Rollout = { deployment, sets, context: reconcileContext };
    const newest = findNewest(rollout);
    const old = sets.filter((replicaSet) => replicaSet !== newest);
    if (deployment.metadata.deletionTimestamp !== undefined) return writeStatus(rollout, { newest });
    if (deployment.spec?.paused || isResized(rollout)) {
      // A paused Deployment still follows its size, and its ReplicaSets its annotations.
      const steps = planScaling(deployment, newest, old);
      for (const step of steps) await scale(rollout, step);
      if (steps.length === 0) for (const replicaSet of sets) await annotateSize(rollout, replicaSet);
      if (deployment.spec?.paused && isRolloutComplete(deployment, newest, sets)) await cleanUp(rollout, old);
      return writeStatus(rollout, { newest });
    }
    return deployment.spec?.strategy?.type === 'Recreate' ? recreate(rollout, newest, old) : roll(rollout, newest, old);
  }

  async function roll(rollout: Rollout, present: Set | undefined, old: readonly Set[]) {
    const { deployment } = rollout;
    const { newest, found } = await ensureNewest(rollout, present, old);
    if (newest === undefined) return writeStatus(rollout, { newest: undefined, ...found });
    const all = [...old, newest];
    const up = planNewReplicaSet(deployment, newest, all);
    if (up) await scale(rollout, up);
    else for (const step of planOldReplicaSets(deployment, newest, old)) await scale(rollout, step);
    if (isRolloutComplete(deployment, newest, all)) await cleanUp(rollout, old);
    return writeStatus(rollout, { newest, all, ...found });
  }

  async function recreate(rollout: Rollout, present: Set | undefined, old: readonly Set[]) {
    const { deployment } = rollout;
    const shrinking = old.filter((replicaSet) => (replicaSet.spec?.replicas ?? 1) > 0);
    for (const replicaSet of shrinking) await scale(rollout, { replicaSet, replicas: 0 });
    const oldPods = old.flatMap((replicaSet) => podInformer.byIndex(CONTROLLER_INDEX, replicaSet.metadata.uid));
    if (shrinking.length > 0 || oldPods.some((pod) => !isPodTerminal(pod)))
      return writeStatus(rollout, { newest: present });
    const { newest, found } = await ensureNewest(rollout, present, old);
    if (newest === undefined) return writeStatus(rollout, { newest: undefined, ...found });
    const replicas = desiredReplicas(deployment);
    if ((newest.spec?.replicas ?? 1) !== replicas) await scale(rollout, { replicaSet: newest, replicas });
    if (isRolloutComplete(deployment, newest, [...old, newest])) await cleanUp(rollout, old);
    return writeStatus(rollout, { newest, all: [...old, newest], ...found });
  }

  /** The ReplicaSet of the present template, made or brought up to date; and the Deployment's revision with it. */
  async function ensureNewest(
    rollout: Rollout,
    present: Set | undefined,
    old: readonly Set[],
  ): Promise<{ newest: Set | undefined; found: Partial<StatusInput> }> {
    const { deployment, context } = rollout;
    const revision = Math.max(0, ...old.map(revisionOf)) + 1;
    if (present === undefined) return createNewest(rollout, revision);
    const annotations = newReplicaSetAnnotations(deployment, present, revision);
    const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
    let newest: Set = present;
    if (
      statusDiffers(present.metadata.annotations, annotations) ||
      (present.spec?.minReadySeconds ?? 0) !== minReadySeconds
    ) {
      const copy = mutableCopy<ReplicaSet>(present);
      copy.metadata.annotations = annotations;
      copy.spec = { ...copy.spec, selector: copy.spec?.selector ?? {}, minReadySeconds };
      newest = (await client.update(replicaSets, copy, { trace: context.trace })) as Set;
    }
    await writeRevision(rollout, annotations[REVISION] ?? String(revision));
    return { newest, found: { found: { reason: 'FoundNewReplicaSet', name: newest.metadata.name } } };
  }

  async function createNewest(rollout: Rollout, revision: number) {
    const { deployment, sets, context } = rollout;
    const { namespace, name } = deployment.metadata;
    const collisionCount = deployment.status?.collisionCount ?? 0;
    const template = mutableCopy<Deployment>(deployment).spec?.template ?? {};
    const hash = templateHash(template, collisionCount);
    const labels = { ...template.metadata?.labels, [TEMPLATE_HASH_LABEL]: hash };
    const selector = mutableCopy<Deployment>(deployment).spec?.selector ?? {};
    const replicaSet: ReplicaSet = {
      metadata: {
        namespace,
        name: `${name}-${hash}`,
        labels,
        annotations: newReplicaSetAnnotations(deployment, undefined, revision),
        ownerReferences: [newControllerReference(deployment, deployments)],
      },
      spec: {
        replicas: newReplicaSetSize(deployment, sets, 0),
        minReadySeconds: deployment.spec?.minReadySeconds ?? 0,
        selector: { ...selector, matchLabels: { ...selector.matchLabels, [TEMPLATE_HASH_LABEL]: hash } },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    };
    try {
      const created = await client.create(replicaSets, replicaSet, { trace: context.trace });
      const to = created.spec?.replicas ?? 0;
      if (to > 0) reportScaling(rollout, 'up', created.metadata.name, 0, to);
      await writeRevision(rollout, String(revision));
      const found = { reason: 'NewReplicaSetCreated' as const, name: created.metadata.name };
      return { newest: created as unknown as Set, found: { found } };
    } catch (error) {
      if (isApiError(error, 'AlreadyExists')) return resolveCollision(rollout, `${name}-${hash}`, collisionCount);
      if (isApiError(error, 'Forbidden', 'Invalid')) {
        const message = `Failed to create new replica set "${name}-${hash}": ${error.message}`;
        recorder.event(deployment, 'Warning', 'FailedCreate', message, context.trace);
        await writeStatus(rollout, { newest: undefined, createError: error.message });
      }
      throw error;
    }
  }

  /** The name is taken: by our own of a moment ago, which the cache does not show yet, or by another template. */
  async function resolveCollision(rollout: Rollout, name: string, collisionCount: number): Promise<never> {
    const { deployment, context } = rollout;
    const { namespace = '' } = deployment.metadata;
    const taken = await client.get(replicaSets, { namespace, name }, { trace: context.trace });
    const ours =
      controllerOf(taken)?.uid === deployment.metadata.uid &&
      sameTemplate(taken.spec?.template, deployment.spec?.template);
    if (!ours) await writeStatus(rollout, { newest: undefined, collisionCount: collisionCount + 1 });
    throw new Error(
      ours ? `replica set ${name} is not in the cache yet` : `replica set name ${name} is taken; trying another`,
    );
  }

  async function writeRevision({ deployment, context }: Rollout, revision: string): Promise<void> {
    if (deployment.metadata.annotations?.[REVISION] === revision) return;
    const { namespace = '', name, uid } = deployment.metadata;
    const patch = { metadata: { uid, annotations: { [REVISION]: revision } } };
    await client.patch(deployments, { namespace, name }, 'merge', patch, { trace: context.trace });
  }

  async function scale(rollout: Rollout, { replicaSet, replicas }: ScaleStep): Promise<void> {
    const copy = mutableCopy<ReplicaSet>(replicaSet);
    const from = copy.spec?.replicas ?? 1;
    copy.spec = { ...copy.spec, selector: copy.spec?.selector ?? {}, replicas };
    copy.metadata.annotations = { ...copy.metadata.annotations, ...sizeAnnotations(rollout.deployment) };
    await client.update(replicaSets, copy, { trace: rollout.context.trace });
    if (from !== replicas) reportScaling(rollout, from < replicas ? 'up' : 'down', copy.metadata.name, from, replicas);
  }

  function reportScaling({ deployment, context }: Rollout, way: 'up' | 'down', name: string, from: number, to: number) {
    const message = `Scaled ${way} replica set ${name} from ${from} to ${to}`;
    recorder.event(deployment, 'Normal', 'ScalingReplicaSet', message, context.trace);
  }

  async function annotateSize({ deployment, context }: Rollout, replicaSet: Set): Promise<void> {
    const annotations = sizeAnnotations(deployment);
    if ((replicaSet.spec?.replicas ?? 1) === 0) return;
    if (Object.entries(annotations).every(([key, value]) => replicaSet.metadata.annotations?.[key] === value)) return;
    const { namespace = '', name, uid } = replicaSet.metadata;
    const patch = { metadata: { uid, annotations } };
    await client.patch(replicaSets, { namespace, name }, 'merge', patch, { trace: context.trace });
  }

  async function cleanUp({ deployment, context }: Rollout, old: readonly Set[]): Promise<void> {
    for (const { metadata } of planCleanup(deployment, old, revisionOf)) {
      const { namespace = '', name, uid } = metadata;
      await deleteIfPresent(client, replicaSets, { namespace, name }, { trace: context.trace, preconditions: { uid } });
    }
  }

  async function writeStatus(
    { deployment, sets, context }: Rollout,
    facts: Partial<StatusInput> & { newest: Set | undefined },
  ): Promise<{ requeueAfterMs: number } | undefined> {
    const { status, requeueAfterMs } = planStatus({ all: sets, ...facts, deployment, nowMs: clock.now() });
    if (statusDiffers(deployment.status, status)) {
      // Only the status: an annotation written a moment ago has made this version an old one.
      const { namespace = '', name, uid } = deployment.metadata;
      const patch = { metadata: { uid }, status };
      await client
        .patch(deployments, { namespace, name }, 'merge', patch, { subresource: 'status', trace: context.trace })
        .catch((error) => {
          if (!isApiError(error, 'NotFound')) throw error;
        });
    }
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs: requeueAfterMs + 1_000 };
  }

  return reconciler;
};

/** The ReplicaSet with the Deployment's template; the oldest, should there be several. */
function findNewest({ deployment, sets }: Rollout): Set | undefined {
  return [...sets]
    .sort(byCreation)
    .find((replicaSet) => sameTemplate(replicaSet.spec?.template, deployment.spec?.template));
}

/** The Deployment's size is another than the one that its ReplicaSets were last sized for. */
function isResized({ deployment, sets }: Rollout): boolean {
  return sets.some((replicaSet) => {
    const desired = replicaSet.metadata.annotations?.[DESIRED_REPLICAS];
    return (
      (replicaSet.spec?.replicas ?? 1) > 0 && desired !== undefined && Number(desired) !== desiredReplicas(deployment)
    );
  });
}

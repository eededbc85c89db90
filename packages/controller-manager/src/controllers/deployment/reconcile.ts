import {
  controllerOf,
  type Deployment,
  deepEqual,
  deployments,
  isApiError,
  isControlledBy,
  isPodTerminal,
  newControllerReference,
  pods,
  type ReplicaSet,
  replicaSets,
  selectorFromObject,
} from '@kubelab/api';
import { type Cached, deleteIfPresent, mutableCopy, type ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';
import { isNamespaceTerminating } from '../../namespace-terminating.js';
import { claim } from '../../ownership/claim.js';
import { CONTROLLER_INDEX } from '../../shared-informers.js';
import { statusDiffers, withoutZeros } from '../../status-differs.js';
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
  /** As it was last read or written here. */
  deployment: Cached<Deployment>;
  readonly sets: readonly Set[];
  readonly context: ReconcileContext;
}

/** The ReplicaSet of the present template, and what that says of the rollout. */
type Found = { readonly newest: Set; readonly found: NonNullable<StatusInput['found']> };

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
    if (deployment.spec?.paused || isResized(rollout)) return resize(rollout, newest, old);
    return deployment.spec?.strategy?.type === 'Recreate' ? recreate(rollout, newest, old) : roll(rollout, newest, old);
  }

  /** A paused Deployment still follows its size, and its ReplicaSets its annotations. */
  async function resize(rollout: Rollout, present: Set | undefined, old: readonly Set[]) {
    const newest = present && (await updateNewest(rollout, present, old));
    const all = newest ? [...old, newest] : [...old];
    const steps = planScaling(rollout.deployment, newest, old);
    for (const step of steps) await scale(rollout, step);
    if (steps.length === 0) for (const replicaSet of all) await annotateSize(rollout, replicaSet);
    if (rollout.deployment.spec?.paused) await cleanUp(rollout, old);
    return writeStatus(rollout, { newest, all });
  }

  async function roll(rollout: Rollout, present: Set | undefined, old: readonly Set[]) {
    const { deployment } = rollout;
    const { newest, found } = await ensureNewest(rollout, present, old);
    const all = [...old, newest];
    const up = planNewReplicaSet(deployment, newest, all);
    if (up) await scale(rollout, up);
    else for (const step of planOldReplicaSets(deployment, newest, old)) await scale(rollout, step);
    if (isRolloutComplete(deployment, newest, all)) await cleanUp(rollout, old);
    return writeStatus(rollout, { newest, all, found });
  }

  async function recreate(rollout: Rollout, present: Set | undefined, old: readonly Set[]) {
    const { deployment } = rollout;
    const shrinking = old.filter((replicaSet) => (replicaSet.spec?.replicas ?? 1) > 0);
    for (const replicaSet of shrinking) await scale(rollout, { replicaSet, replicas: 0 });
    if (shrinking.length > 0 || old.some(hasPods)) return writeStatus(rollout, { newest: present });
    const { newest, found } = await ensureNewest(rollout, present, old);
    const replicas = desiredReplicas(deployment);
    if ((newest.spec?.replicas ?? 1) !== replicas) await scale(rollout, { replicaSet: newest, replicas });
    if (isRolloutComplete(deployment, newest, [...old, newest])) await cleanUp(rollout, old);
    return writeStatus(rollout, { newest, all: [...old, newest], found });
  }

  /** Also where the pods are not in the cache yet: until its status is of its present size, it may have some. */
  function hasPods({ metadata, status }: Set): boolean {
    if ((status?.replicas ?? 0) > 0 || (status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) return true;
    return podInformer.byIndex(CONTROLLER_INDEX, metadata.uid).some((pod) => !isPodTerminal(pod));
  }

  /** The ReplicaSet of the present template, made or brought up to date; and the Deployment's revision with it. */
  async function ensureNewest(rollout: Rollout, present: Set | undefined, old: readonly Set[]): Promise<Found> {
    if (present === undefined) return createNewest(rollout, nextRevision(old));
    const newest = await updateNewest(rollout, present, old);
    return { newest, found: { reason: 'FoundNewReplicaSet', name: newest.metadata.name } };
  }

  async function updateNewest(rollout: Rollout, present: Set, old: readonly Set[]): Promise<Set> {
    const { deployment, context } = rollout;
    const revision = nextRevision(old);
    const annotations = newReplicaSetAnnotations(deployment, present, revision);
    const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
    let newest: Set = present;
    if (
      !deepEqual(present.metadata.annotations ?? {}, annotations) ||
      (present.spec?.minReadySeconds ?? 0) !== minReadySeconds
    ) {
      const copy = mutableCopy<ReplicaSet>(present);
      copy.metadata.annotations = annotations;
      copy.spec = { ...copy.spec, selector: copy.spec?.selector ?? {}, minReadySeconds };
      newest = (await client.update(replicaSets, copy, { trace: context.trace })) as Set;
    }
    await writeRevision(rollout, annotations[REVISION] ?? String(revision));
    return newest;
  }

  async function createNewest(rollout: Rollout, revision: bigint): Promise<Found> {
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
      return { newest: created as Set, found: { reason: 'NewReplicaSetCreated', name: created.metadata.name } };
    } catch (error) {
      if (isApiError(error, 'AlreadyExists')) return resolveCollision(rollout, `${name}-${hash}`, revision);
      if (isApiError(error, 'Forbidden', 'Invalid', 'BadRequest') && !isNamespaceTerminating(error)) {
        const createError = `Failed to create new replica set "${name}-${hash}": ${error.message}`;
        recorder.event(deployment, 'Warning', 'ReplicaSetCreateError', createError, context.trace);
        await writeStatus(rollout, { newest: undefined, createError });
      }
      throw error;
    }
  }

  /** The name is taken: by our own of a moment ago, which the cache does not show yet, or by another template. */
  async function resolveCollision(rollout: Rollout, name: string, revision: bigint): Promise<Found> {
    const { deployment, context } = rollout;
    const { namespace = '' } = deployment.metadata;
    const taken = await client.get(replicaSets, { namespace, name }, { trace: context.trace });
    if (isControlledBy(taken, deployment) && sameTemplate(taken.spec?.template, deployment.spec?.template)) {
      await writeRevision(rollout, String(largest(revision, revisionOf(taken))));
      return { newest: taken as Set, found: { reason: 'FoundNewReplicaSet', name } };
    }
    const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
    await writeStatus(rollout, { newest: undefined, collisionCount });
    throw new Error(`replica set name ${name} is taken; trying another`);
  }

  async function writeRevision(rollout: Rollout, revision: string): Promise<void> {
    const { deployment, context } = rollout;
    if (deployment.metadata.annotations?.[REVISION] === revision) return;
    const { namespace = '', name, uid } = deployment.metadata;
    const patch = { metadata: { uid, annotations: { [REVISION]: revision } } };
    const { trace } = context;
    const written = await client.patch<Deployment>(deployments, { namespace, name }, 'merge', patch, { trace });
    // What else has changed meanwhile is for the next reconcile; the status is to be written over this version.
    const { resourceVersion, annotations } = written.metadata;
    const isSame = written.metadata.generation === deployment.metadata.generation;
    if (isSame)
      rollout.deployment = { ...deployment, metadata: { ...deployment.metadata, resourceVersion, annotations } };
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
      const copy = { ...mutableCopy<Deployment>(deployment), status: withoutZeros(status) };
      await client.updateStatus(deployments, copy, { trace: context.trace }).catch((error: unknown) => {
        if (!isApiError(error, 'NotFound')) throw error;
      });
    }
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs: requeueAfterMs + 1_000 };
  }

  return reconciler;
};

const largest = (a: bigint, b: bigint): bigint => (a > b ? a : b);

const nextRevision = (old: readonly Set[]): bigint => old.map(revisionOf).reduce(largest, 0n) + 1n;

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

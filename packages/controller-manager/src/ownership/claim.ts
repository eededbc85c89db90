import {
  apiVersionOf,
  isApiError,
  type KubernetesObject,
  newControllerReference,
  type Persisted,
  type ResourceType,
  type Selector,
} from '@kubelab/api';
import type { ApiClient, Cached, Informer, ReconcileContext } from '@kubelab/client';
import { CONTROLLER_INDEX, orphansOf } from '../shared-informers.js';

export interface ClaimOptions<Owner extends KubernetesObject, Owned extends KubernetesObject> {
  readonly client: ApiClient;
  readonly ownerResource: ResourceType<Owner>;
  readonly owner: Cached<Owner>;
  readonly resource: ResourceType<Owned>;
  readonly informer: Informer<Owned>;
  readonly selector: Selector;
  /** Which orphans may be taken in at all. */
  readonly mayAdopt: (object: Cached<Owned>) => boolean;
  readonly context: ReconcileContext;
}

/**
 * The objects that the owner controls, after releasing those that its selector
 * no longer matches and taking in the orphans that it does (Kubernetes'
 * controller references: one controller an object, known by uid).
 */
export async function claim<Owner extends KubernetesObject, Owned extends KubernetesObject>(
  options: ClaimOptions<Owner, Owned>,
): Promise<Cached<Owned>[]> {
  const { owner, informer, selector, mayAdopt } = options;
  const deleting = owner.metadata.deletionTimestamp !== undefined;
  const claimed: Cached<Owned>[] = [];
  for (const object of informer.byIndex(CONTROLLER_INDEX, owner.metadata.uid)) {
    if (selector.matches(object.metadata.labels)) claimed.push(object);
    else if (!deleting) await release(options, object);
  }
  if (deleting) return claimed;
  const orphans = informer
    .byIndex(CONTROLLER_INDEX, orphansOf(owner.metadata.namespace ?? ''))
    .filter(
      (object) =>
        object.metadata.deletionTimestamp === undefined && mayAdopt(object) && selector.matches(object.metadata.labels),
    );
  if (orphans.length === 0 || !(await stillThere(options))) return claimed;
  for (const orphan of orphans) {
    const adopted = await adopt(options, orphan);
    if (adopted) claimed.push(adopted);
  }
  return claimed;
}

/** The cache may be behind: an owner that is being deleted adopts nothing. */
async function stillThere<Owner extends KubernetesObject, Owned extends KubernetesObject>({
  client,
  owner,
  ownerResource,
  context,
}: ClaimOptions<Owner, Owned>): Promise<boolean> {
  const { namespace = '', name, uid } = owner.metadata;
  try {
    const fresh = await client.get(ownerResource, { namespace, name }, { trace: context.trace });
    return fresh.metadata.uid === uid && fresh.metadata.deletionTimestamp === undefined;
  } catch (error) {
    if (isApiError(error, 'NotFound')) return false;
    throw error;
  }
}

async function adopt<Owner extends KubernetesObject, Owned extends KubernetesObject>(
  { client, owner, ownerResource, resource, context }: ClaimOptions<Owner, Owned>,
  object: Cached<Owned>,
): Promise<Cached<Owned> | undefined> {
  const { namespace = '', name, uid } = object.metadata;
  const patch = { metadata: { uid, ownerReferences: [newControllerReference(owner, ownerResource)] } };
  try {
    const adopted: Persisted<Owned> = await client.patch(resource, { namespace, name }, 'strategic', patch, {
      trace: context.trace,
    });
    context.log.info(
      { adopted: `${namespace}/${name}` },
      `adopted by ${apiVersionOf(ownerResource)} ${ownerResource.kind}`,
    );
    return adopted as unknown as Cached<Owned>;
  } catch (error) {
    // Gone, another of the same name, or adopted by someone else meanwhile.
    if (isApiError(error, 'NotFound', 'Invalid', 'Conflict')) return undefined;
    throw error;
  }
}

async function release<Owner extends KubernetesObject, Owned extends KubernetesObject>(
  { client, owner, resource, context }: ClaimOptions<Owner, Owned>,
  object: Cached<Owned>,
): Promise<void> {
  const { namespace = '', name, uid } = object.metadata;
  const patch = { metadata: { uid, ownerReferences: [{ $patch: 'delete', uid: owner.metadata.uid }] } };
  try {
    await client.patch(resource, { namespace, name }, 'strategic', patch, { trace: context.trace });
  } catch (error) {
    if (!isApiError(error, 'NotFound', 'Invalid', 'Conflict')) throw error;
  }
}

import type { OwnerReference } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { apiVersionOf } from '../resource.js';

type Owned = DeepReadonly<{ metadata?: { ownerReferences?: OwnerReference[] } }>;

/** The reference to the one controller that manages the object, if there is one. */
export function controllerOf(object: Owned): DeepReadonly<OwnerReference> | undefined {
  return object.metadata?.ownerReferences?.find((reference) => reference.controller === true);
}

/** By uid: an owner that was deleted and made again is another. */
export function isControlledBy(object: Owned, owner: { readonly metadata: { readonly uid: string } }): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid;
}

/** What a controller writes into the objects that it makes. Foreground deletion of the owner waits for them. */
export function newControllerReference(
  owner: { readonly metadata: { readonly name: string; readonly uid: string } },
  resource: { readonly group: string; readonly version: string; readonly kind: string },
): OwnerReference {
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

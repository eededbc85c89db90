import type { KubernetesObject, ObjectKey, QualifiedResource, ResourceType } from '@kubelab/api';
import type { Body, ObjectAnswer, RequestContext, WriteAnswer, WriteOptions } from '../request.js';
import type { Scope } from '../scope.js';

type SubresourceWrite<T extends KubernetesObject> = (
  scope: Scope<T>,
  key: ObjectKey,
  body: Body,
  options: WriteOptions,
  context: RequestContext,
) => Promise<WriteAnswer>;

/** What a subresource does when it is asked, a verb each. A verb that is missing is not served. Failures are ApiErrors. */
export interface SubresourceVerbs<T extends KubernetesObject = KubernetesObject> {
  get?(scope: Scope<T>, key: ObjectKey): Promise<ObjectAnswer>;
  readonly create?: SubresourceWrite<T>;
  readonly update?: SubresourceWrite<T>;
  readonly patch?: SubresourceWrite<T>;
}

/** One subresource that behaves in its own way: one file, and one line in `subresource-table.ts`. */
export interface RegisteredSubresource {
  /** Undefined: of every kind that has one of this name. */
  readonly resource: QualifiedResource | undefined;
  readonly name: string;
  readonly verbs: SubresourceVerbs;
}

/** The entry of a subresource of one kind; its verbs are only ever given scopes of that kind. */
export function subresourceOf<T extends KubernetesObject>(
  resource: ResourceType<T>,
  name: string,
  verbs: SubresourceVerbs<T>,
): RegisteredSubresource {
  return { resource, name, verbs: verbs as unknown as SubresourceVerbs };
}

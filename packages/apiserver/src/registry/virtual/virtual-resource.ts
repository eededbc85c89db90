import type { ObjectKey, ResourceType } from '@kubelab/api';
import type { ListPage } from '../../storage/storage.js';
import type { ListOptions } from '../list.js';
import type { Body, ObjectAnswer, RequestContext, WriteAnswer, WriteOptions } from '../request.js';

/**
 * A kind of which nothing is stored: reviews are answered, component statuses
 * are asked for. Its row in the resource table has `stored: false` and names
 * the verbs that are here. Failures are ApiErrors.
 */
export interface VirtualResource {
  readonly resource: ResourceType;
  get?(key: ObjectKey): Promise<ObjectAnswer>;
  list?(options: ListOptions, context: RequestContext): Promise<ListPage>;
  create?(key: ObjectKey, body: Body, options: WriteOptions, context: RequestContext): Promise<WriteAnswer>;
}

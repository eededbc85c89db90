import { type DeleteOptions, isApiError, type KubernetesObject } from '@kubelab/api';
import type { ListPage, StoredObject } from '../storage/storage.js';
import { deleteObject } from './delete.js';
import { checkDeleteOptions } from './delete-options.js';
import { type ListOptions, listObjects } from './list.js';
import type { RequestContext } from './request.js';
import type { Scope } from './scope.js';

/** How many objects are deleted at a time (`--delete-collection-workers`): enough to fill the store's transactions. */
const WORKERS = 64;

/**
 * Deletes what a list with the same options has. Answers with that list. What
 * disappears meanwhile counts as deleted. Ends when the client is gone or the
 * request's time is up; who asks again goes on where it ended, as what is
 * going already has its turn after the rest.
 * @throws ApiError of the first object that could not be deleted, or Timeout
 */
export async function deleteCollection<T extends KubernetesObject>(
  scope: Scope<T>,
  listOptions: ListOptions,
  options: DeleteOptions,
  context: RequestContext,
): Promise<ListPage> {
  checkDeleteOptions(options);
  const page = await listObjects(scope, listOptions, context);
  const going: StoredObject[] = [];
  const deleteAll = async (waiting: Iterator<StoredObject>, mayWait: boolean): Promise<void> => {
    for (let next = waiting.next(); !next.done; next = waiting.next()) {
      context.signal?.throwIfAborted();
      const { key, object } = next.value;
      if (mayWait && object.metadata.deletionTimestamp !== undefined) going.push(next.value);
      else await deleteUnlessGone(scope, key, options, context);
    }
  };
  const inTurns = async (objects: readonly StoredObject[], mayWait: boolean): Promise<void> => {
    const waiting = objects.values();
    await Promise.all(Array.from({ length: WORKERS }, () => deleteAll(waiting, mayWait)));
  };
  await inTurns(page.items, true);
  await inTurns(going, false);
  return page;
}

async function deleteUnlessGone<T extends KubernetesObject>(
  scope: Scope<T>,
  key: StoredObject['key'],
  options: DeleteOptions,
  context: RequestContext,
): Promise<void> {
  try {
    await deleteObject(scope, key, options, context);
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}

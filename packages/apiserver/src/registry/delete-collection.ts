import { type DeleteOptions, isApiError, type KubernetesObject } from '@kubelab/api';
import type { ListPage } from '../storage/storage.js';
import { deleteObject } from './delete.js';
import { checkDeleteOptions } from './delete-options.js';
import { type ListOptions, listObjects } from './list.js';
import type { RequestContext } from './request.js';
import type { Scope } from './scope.js';

/** How many objects are deleted at a time. */
const IN_FLIGHT = 16;

/**
 * Deletes what a list with the same options has. Answers with that list. What
 * disappears meanwhile counts as deleted.
 * @throws ApiError of the first object that could not be deleted
 */
export async function deleteCollection<T extends KubernetesObject>(
  scope: Scope<T>,
  listOptions: ListOptions,
  options: DeleteOptions,
  context: RequestContext,
): Promise<ListPage> {
  checkDeleteOptions(options);
  const page = await listObjects(scope, listOptions, context);
  const waiting = page.items.values();
  const work = async (): Promise<void> => {
    for (const { key } of waiting) {
      try {
        await deleteObject(scope, key, options, context);
      } catch (error) {
        if (!isApiError(error, 'NotFound')) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  return page;
}

import type { KubernetesObject } from '@kubelab/api';
import type { ListPage } from '../storage/storage.js';
import type { RequestContext, Selectors } from './request.js';
import type { Scope } from './scope.js';
import { selectionOf } from './selection.js';

export interface ListOptions extends Selectors {
  /** "" for all namespaces. */
  readonly namespace: string;
  readonly limit: number;
  readonly continueToken: string;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: '' | 'NotOlderThan' | 'Exact';
}

/** @throws ApiError BadRequest, Expired */
export function listObjects<T extends KubernetesObject>(
  { resource, storage }: Scope<T>,
  options: ListOptions,
  context: RequestContext,
): Promise<ListPage> {
  const matches = selectionOf(resource, options);
  return storage.list({
    namespace: options.namespace,
    limit: options.limit,
    continueToken: options.continueToken,
    resourceVersion: options.resourceVersion,
    resourceVersionMatch: options.resourceVersionMatch,
    ...(matches ? { matches } : {}),
    ...(context.signal ? { signal: context.signal } : {}),
  });
}

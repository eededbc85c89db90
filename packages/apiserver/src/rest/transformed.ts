import {
  ApiError,
  type IncludeObject,
  type KubernetesObject,
  type Persisted,
  partialMetadata,
  type ResourceType,
  toTable,
} from '@kubelab/api';
import type { ListMetadata } from '../registry/encode-list.js';
import type { Exchange } from './exchange.js';
import type { Representation } from './negotiation.js';

const INCLUDES: readonly string[] = ['None', 'Metadata', 'Object'];

export interface TableParts {
  readonly metadata?: ListMetadata;
  readonly includeHeaders?: boolean;
}

/** A Table of objects, with as much of each object as `includeObject` asks for. @throws ApiError BadRequest */
export function tableOf(
  exchange: Exchange,
  resource: Pick<ResourceType, 'columns'>,
  objects: readonly KubernetesObject[],
  { apiVersion }: Representation,
  { metadata, includeHeaders = true }: TableParts = {},
): object {
  const includeObject = exchange.query.get('includeObject') || 'Metadata';
  if (!INCLUDES.includes(includeObject)) {
    throw new ApiError('BadRequest', `unrecognized includeObject value: ${JSON.stringify(includeObject)}`);
  }
  const table = toTable(resource, objects as Persisted[], {
    includeObject: includeObject as IncludeObject,
    metadata: metadata ?? { resourceVersion: objects[0]?.metadata?.resourceVersion ?? '' },
    includeHeaders,
  });
  return { ...table, apiVersion };
}

/** An object's metadata alone. */
export function partialOf(object: KubernetesObject, { apiVersion }: Representation): object {
  return { ...partialMetadata(object), apiVersion };
}

export function partialListOf(
  objects: readonly KubernetesObject[],
  metadata: ListMetadata,
  representation: Representation,
): object {
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: representation.apiVersion,
    metadata,
    items: objects.map((object) => partialOf(object, representation)),
  };
}

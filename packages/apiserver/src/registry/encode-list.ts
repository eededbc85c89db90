import { apiVersionOf, type KubernetesObject, type ResourceType } from '@kubelab/api';
import type { ListPage } from '../storage/storage.js';

export interface ListMetadata {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

const COMMA = Buffer.from(',');
const END = Buffer.from(']}');

export function listMetadata({ version, continueToken, remainingItemCount }: ListPage): ListMetadata {
  return {
    resourceVersion: version,
    ...(continueToken === '' ? {} : { continue: continueToken }),
    ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
  };
}

/** A list, joined from what the storage has encoded already. */
export function encodeList(resource: ResourceType, page: ListPage): Buffer {
  const head = JSON.stringify({
    kind: `${resource.kind}List`,
    apiVersion: apiVersionOf(resource),
    metadata: listMetadata(page),
  });
  const parts: Buffer[] = [Buffer.from(`${head.slice(0, -1)},"items":[`)];
  page.items.forEach(({ encoded }, index) => {
    if (index > 0) parts.push(COMMA);
    parts.push(encoded);
  });
  parts.push(END);
  return Buffer.concat(parts);
}

/** What carries a bookmark: an object of the kind with nothing but a version (KEP-956, KEP-3157). */
export function bookmarkObject(
  resource: { group: string; version: string; kind: string },
  version: string,
  initialEventsEnd: boolean,
): KubernetesObject {
  return {
    kind: resource.kind,
    apiVersion: apiVersionOf(resource),
    metadata: {
      resourceVersion: version,
      ...(initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
    },
  };
}

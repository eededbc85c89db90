import { apiVersionOf, type KubernetesObject, type ResourceType } from '@kubelab/api';
import type { ListPage } from '../storage/storage.js';
import { encodedFor } from './request.js';

export interface ListMetadata {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

const COMMA = Buffer.from(',');
const OPENING = Buffer.from('{');
const END = Buffer.from(']}');

export function listMetadata({ version, continueToken, remainingItemCount }: ListPage): ListMetadata {
  return {
    resourceVersion: version,
    ...(continueToken === '' ? {} : { continue: continueToken }),
    ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
  };
}

/** A list, joined from what the storage has encoded already. Each item says of what kind it is. */
export function encodeList(resource: ResourceType, page: ListPage, { omitManagedFields = false } = {}): Buffer {
  const parts = [headOf(resource, page)];
  page.items.forEach((item, index) => {
    if (index > 0) parts.push(COMMA);
    parts.push(encodedFor(item, { omitManagedFields }));
  });
  parts.push(END);
  return Buffer.concat(parts);
}

/** The same as Kubernetes' REST has it: of what kind its items are is said by the list alone. */
export function encodeUntypedList(resource: ResourceType, page: ListPage): Buffer {
  const parts = [headOf(resource, page)];
  const [apiVersion, kind] = [JSON.stringify(apiVersionOf(resource)), JSON.stringify(resource.kind)];
  const types = [`{"apiVersion":${apiVersion},"kind":${kind},`, `{"kind":${kind},"apiVersion":${apiVersion},`];
  const beginnings = types.map((text) => Buffer.from(text));
  page.items.forEach(({ encoded }, index) => {
    if (index > 0) parts.push(COMMA);
    const beginning = beginnings.find((bytes) => encoded.subarray(0, bytes.length).equals(bytes));
    if (beginning === undefined) parts.push(encoded);
    else parts.push(OPENING, encoded.subarray(beginning.length));
  });
  parts.push(END);
  return Buffer.concat(parts);
}

/** All that comes before the items. */
function headOf(resource: ResourceType, page: ListPage): Buffer {
  const head = JSON.stringify({
    kind: `${resource.kind}List`,
    apiVersion: apiVersionOf(resource),
    metadata: listMetadata(page),
  });
  return Buffer.from(`${head.slice(0, -1)},"items":[`);
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

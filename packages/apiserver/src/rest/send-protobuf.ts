import { setImmediate as nextTurn } from 'node:timers/promises';
import { apiVersionOf, type KubernetesObject, type ResourceType } from '@kubelab/api';
import { encodeMessage, encodeProtobuf, encodeProtobufList, type ProtobufType } from '../protobuf/encode-protobuf.js';
import { encodeList, listMetadata } from '../registry/encode-list.js';
import type { ObjectAnswer } from '../registry/request.js';
import type { ListPage } from '../storage/storage.js';
import { send } from './answer.js';
import type { Exchange } from './exchange.js';
import type { Representation } from './negotiation.js';
import { SharedFrames } from './shared-frames.js';

/** Objects as lists hold them: encoding one takes far longer than copying it. */
const listed = new SharedFrames<ObjectAnswer>(8 * 1024 * 1024);
/** How long encoding a list may keep everybody else waiting. */
const MAX_TURN_MS = 5;

/** How an object of a kind is called, or whatever else the kind's paths answer with: a Scale, a Status. */
export function protobufTypeOf(resource: ResourceType, { apiVersion = '', kind = '' }: KubernetesObject): ProtobufType {
  const isOwn = kind === resource.kind && apiVersion === apiVersionOf(resource);
  return { apiVersion, kind, definition: isOwn ? resource.definition : kind };
}

/** An object, or of it the `metadata` alone, as a PartialObjectMetadata. */
export function sendProtobufObject(
  exchange: Exchange,
  status: number,
  resource: ResourceType,
  answer: ObjectAnswer,
  metadata: KubernetesObject | undefined,
): Promise<void> {
  const object = metadata ?? answer.object;
  return send(exchange, {
    status,
    protobuf: encodeProtobuf(protobufTypeOf(resource, object), object),
    // Made only for who audits it.
    get encoded() {
      return metadata ? Buffer.from(JSON.stringify(metadata)) : answer.encoded;
    },
  });
}

/** A page of a list, of whole objects or of their metadata. */
export async function sendProtobufPage(
  exchange: Exchange,
  resource: ResourceType,
  page: ListPage,
  { as, apiVersion }: Representation,
): Promise<void> {
  const isPartial = as === 'partial';
  const items = await encodeItems(page, isPartial ? undefined : resource.definition, exchange.signal);
  const type = isPartial
    ? { apiVersion, kind: 'PartialObjectMetadataList' }
    : { apiVersion: apiVersionOf(resource), kind: `${resource.kind}List` };
  return send(exchange, {
    status: 200,
    protobuf: encodeProtobufList(type, listMetadata(page), items),
    get encoded() {
      return encodeList(resource, page);
    },
  });
}

/** Without a definition the metadata alone. */
async function encodeItems(page: ListPage, definition: string | undefined, signal: AbortSignal): Promise<Buffer[]> {
  const items: Buffer[] = [];
  let turnMs = performance.now();
  for (const item of page.items) {
    items.push(
      definition === undefined ? encodeMessage('PartialObjectMetadata', item.object) : itemOf(definition, item),
    );
    if (performance.now() - turnMs < MAX_TURN_MS) continue;
    await nextTurn();
    signal.throwIfAborted();
    turnMs = performance.now();
  }
  return items;
}

function itemOf(definition: string, answer: ObjectAnswer): Buffer {
  const known = listed.get(answer);
  if (known) return known;
  const item = encodeMessage(definition, answer.object);
  listed.add(answer, item);
  return item;
}

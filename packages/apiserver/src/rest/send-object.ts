import { type ResourceType, scaleColumns } from '@kubelab/api';
import { encodeUntypedList, listMetadata } from '../registry/encode-list.js';
import type { Target } from '../registry/registry.js';
import type { ObjectAnswer } from '../registry/request.js';
import type { ListPage } from '../storage/storage.js';
import { send } from './answer.js';
import type { Exchange } from './exchange.js';
import type { Representation } from './negotiation.js';
import { sendProtobufObject, sendProtobufPage } from './send-protobuf.js';
import { partialListOf, partialOf, tableOf } from './transformed.js';

const SCALE = { columns: scaleColumns } as Pick<ResourceType, 'columns'>;

/** An object in the form that was asked for; a Status is always itself. */
export function sendObject(
  exchange: Exchange,
  status: number,
  answer: ObjectAnswer,
  { resource, subresource }: Target,
  representation: Representation,
): Promise<void> {
  const { format, as } = representation;
  const isScale = subresource === 'scale';
  const isItself = as === 'none' || answer.object.kind !== (isScale ? 'Scale' : resource.kind);
  if (format === 'protobuf') {
    const metadata = isItself ? undefined : partialOf(answer.object, representation);
    return sendProtobufObject(exchange, status, resource, answer, metadata);
  }
  if (isItself) return send(exchange, { status, encoded: answer.encoded, format });
  const { object } = answer;
  const value =
    as === 'table'
      ? tableOf(exchange, isScale ? SCALE : resource, [object], representation)
      : partialOf(object, representation);
  return send(exchange, { status, encoded: Buffer.from(JSON.stringify(value)), format });
}

/** A page of a list in the form that was asked for. */
export async function sendPage(
  exchange: Exchange,
  resource: ResourceType,
  page: ListPage,
  representation: Representation,
): Promise<void> {
  const { format, as } = representation;
  if (format === 'protobuf') return sendProtobufPage(exchange, resource, page, representation);
  if (as === 'none') return send(exchange, { status: 200, encoded: encodeUntypedList(resource, page), format });
  const objects = page.items.map(({ object }) => object);
  const value =
    as === 'table'
      ? tableOf(exchange, resource, objects, representation, { metadata: listMetadata(page) })
      : partialListOf(objects, listMetadata(page), representation);
  await send(exchange, { status: 200, encoded: Buffer.from(JSON.stringify(value)), format });
}

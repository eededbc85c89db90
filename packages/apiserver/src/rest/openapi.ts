import {
  createOpenApiDocuments,
  type EncodedDocument,
  OPENAPI_V2_PROTOBUF_ACCEPTS,
  OPENAPI_V2_PROTOBUF_CONTENT_TYPE,
  type ResourceType,
} from '@kubelab/api';
import { notServed } from '../registry/not-served.js';
import { groupVersionsOf, rootPathOf } from './discovery-documents.js';
import { type Document, sendDocument } from './document.js';
import type { Exchange, Handler } from './exchange.js';
import { JSON_TYPE, notAcceptable, parseAccept } from './negotiation.js';
import { VERSION } from './version.js';

/** What a client may keep for a year: the URL has the content's hash. */
const IMMUTABLE = { 'Cache-Control': 'public, immutable', Expires: '' };
const YEAR_MS = 365 * 86_400_000;

/** `/openapi/v2` and `/openapi/v3`, made from the schema when they are first asked for. */
export function openApiRoutes(resources: readonly ResourceType[]): [string, Handler][] {
  const documents = createOpenApiDocuments(resources, { title: 'kubelab', version: VERSION.gitVersion });
  const v3Routes = groupVersionsOf(resources).map((groupVersion): [string, Handler] => {
    const root = rootPathOf(groupVersion);
    let made: Document | undefined;
    return [
      `/openapi/v3${root}`,
      async (exchange) => {
        requireJson(exchange);
        made ??= toDocument(await documents.v3(root.slice(1)));
        await sendHashed(exchange, made);
      },
    ];
  });
  return [
    [
      '/openapi/v2',
      async (exchange) => {
        if (wantsProtobuf(exchange))
          return sendDocument(exchange, toDocument(await documents.v2Protobuf()), OPENAPI_V2_PROTOBUF_CONTENT_TYPE);
        requireJson(exchange);
        await sendDocument(exchange, toDocument(await documents.v2()), JSON_TYPE);
      },
    ],
    [
      '/openapi/v3',
      async (exchange) => {
        requireJson(exchange);
        await sendDocument(exchange, toDocument(await documents.v3Index()), JSON_TYPE);
      },
    ],
    ...v3Routes,
  ];
}

/** Those made already, so that no text is turned into bytes twice. */
const madeDocuments = new WeakMap<object, Document>();

function toDocument(document: EncodedDocument<string | Uint8Array> | undefined): Document {
  if (document === undefined) throw notServed();
  const known = madeDocuments.get(document);
  if (known) return known;
  const { body, etag } = document;
  const encoded = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body);
  const made = { encoded, hash: etag, etag: `"${etag}"` };
  madeDocuments.set(document, made);
  return made;
}

/** A URL with the hash of another content leads to the present one. */
async function sendHashed(exchange: Exchange, document: Document): Promise<void> {
  const asked = exchange.query.get('hash');
  if (asked === null) return sendDocument(exchange, document, JSON_TYPE);
  if (asked === document.hash) {
    const Expires = new Date(Date.now() + YEAR_MS).toUTCString();
    return sendDocument(exchange, document, JSON_TYPE, 'json', { ...IMMUTABLE, Expires });
  }
  exchange.response.writeHead(301, { Location: `${exchange.path}?hash=${document.hash}` });
  exchange.response.end();
}

function wantsProtobuf({ message }: Exchange): boolean {
  for (const { type } of parseAccept(message.headers.accept)) {
    if (OPENAPI_V2_PROTOBUF_ACCEPTS.includes(type)) return true;
    if (isJson(type)) return false;
  }
  return false;
}

/** @throws ApiError NotAcceptable */
function requireJson({ message }: Exchange): void {
  const ranges = parseAccept(message.headers.accept);
  if (ranges.length > 0 && !ranges.some(({ type }) => isJson(type))) throw notAcceptable([JSON_TYPE]);
}

function isJson(type: string): boolean {
  return type === JSON_TYPE || type === '*/*' || type === 'application/*';
}

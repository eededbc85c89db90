import type { ResourceType } from '../resource.js';
import { buildOpenApiV2, type OpenApiInfo } from './document-v2.js';
import { buildOpenApiV3, buildOpenApiV3Index, byGroupVersionPath, contentHash } from './document-v3.js';
import { encodeOpenApiV2 } from './protobuf-v2.js';

/** A document ready to be sent. */
export interface EncodedDocument<T extends string | Uint8Array = string> {
  readonly body: T;
  /** Without the quotes that an ETag has in its header. */
  readonly etag: string;
}

/**
 * Every OpenAPI document of a server, each made when it is first asked for
 * and kept: until then neither the descriptions (400 kB) nor any document are
 * in memory.
 */
export interface OpenApiDocuments {
  /** `/openapi/v2` as JSON. */
  v2(): Promise<EncodedDocument>;
  /** `/openapi/v2` as gnostic's protobuf. */
  v2Protobuf(): Promise<EncodedDocument<Uint8Array>>;
  /** `/openapi/v3` */
  v3Index(): Promise<EncodedDocument>;
  /** `/openapi/v3/PATH`, such as `apis/apps/v1`; undefined for a group version that is not served. */
  v3(path: string): Promise<EncodedDocument | undefined>;
}

export function createOpenApiDocuments(resources: readonly ResourceType[], info: OpenApiInfo): OpenApiDocuments {
  const documentV2 = once(async () => buildOpenApiV2(resources, await loadDescriptions(), info));
  const documentsV3 = once(async () => buildAllV3(resources, await loadDescriptions(), info));
  return {
    v2: once(async () => encoded(JSON.stringify(await documentV2()))),
    v2Protobuf: once(async () => encoded(encodeOpenApiV2(await documentV2()))),
    v3Index: once(async () => encoded(JSON.stringify(buildOpenApiV3Index(await documentsV3())))),
    async v3(path) {
      const text = (await documentsV3()).get(path);
      return text === undefined ? undefined : encoded(text);
    },
  };
}

type Descriptions = Parameters<typeof buildOpenApiV3>[1];

/** Imported only here and only when asked for. */
async function loadDescriptions(): Promise<Descriptions> {
  return (await import('../generated/descriptions.js')).descriptions;
}

function buildAllV3(
  resources: readonly ResourceType[],
  descriptions: Descriptions,
  info: OpenApiInfo,
): Map<string, string> {
  const documents = new Map<string, string>();
  for (const [path, served] of byGroupVersionPath(resources)) {
    documents.set(path, JSON.stringify(buildOpenApiV3(served, descriptions, info)));
  }
  return documents;
}

function encoded<T extends string | Uint8Array>(body: T): EncodedDocument<T> {
  return { body, etag: contentHash(body) };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

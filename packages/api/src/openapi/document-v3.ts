import { createHash } from 'node:crypto';
import type { ResourceType } from '../resource.js';
import { buildSchemas, type Descriptions } from './definition-schemas.js';
import type { OpenApiInfo } from './document-v2.js';
import { type ApiOperation, groupVersionPath, type HttpMethod, pathsOf } from './operations.js';
import type { Parameter } from './parameters.js';
import { type SchemaObject, v3Dialect } from './schema-object.js';
import { schemaOptions } from './served-definitions.js';

interface ParameterV3 {
  name: string;
  in: 'query' | 'path';
  description: string;
  required?: boolean;
  schema: SchemaObject;
}

type ContentV3 = Record<string, { schema: SchemaObject }>;

interface OperationV3 {
  tags: string[];
  description: string;
  operationId: string;
  parameters: ParameterV3[];
  requestBody?: { content: ContentV3; required?: boolean };
  responses: Record<string, { description: string; content?: ContentV3 }>;
  [extension: `x-${string}`]: unknown;
}

type PathItemV3 = { [method in HttpMethod]?: OperationV3 } & { parameters?: ParameterV3[] };

export interface OpenApiV3 {
  openapi: '3.0.0';
  info: OpenApiInfo;
  paths: Record<string, PathItemV3>;
  components: { schemas: Record<string, SchemaObject> };
}

/** `/openapi/v3`: where the document of each group's version is. */
export interface OpenApiV3Index {
  paths: Record<string, { serverRelativeURL: string }>;
}

/** The document of the resources of one group's version, all of `resources`. */
export function buildOpenApiV3(
  resources: readonly ResourceType[],
  descriptions: Descriptions,
  info: OpenApiInfo,
): OpenApiV3 {
  const paths: Record<string, PathItemV3> = {};
  for (const { path, parameters, operations } of resources.flatMap(pathsOf)) {
    const item: PathItemV3 = {};
    for (const operation of operations) item[operation.method] = operationV3(operation);
    if (parameters.length > 0) item.parameters = parameters.map(parameterV3);
    paths[path] = item;
  }
  const schemas = buildSchemas(schemaOptions(resources, descriptions, v3Dialect));
  return { openapi: '3.0.0', info, paths, components: { schemas } };
}

/** `apis/apps/v1` → its resources; the keys of the index. */
export function byGroupVersionPath(resources: readonly ResourceType[]): Map<string, ResourceType[]> {
  const groups = new Map<string, ResourceType[]>();
  for (const resource of resources) {
    const path = groupVersionPath(resource).slice(1);
    const group = groups.get(path) ?? [];
    group.push(resource);
    groups.set(path, group);
  }
  return groups;
}

/** `documents`: path → the document's JSON text. Clients cache each by the hash in its address. */
export function buildOpenApiV3Index(documents: ReadonlyMap<string, string>): OpenApiV3Index {
  const paths: OpenApiV3Index['paths'] = {};
  for (const [path, text] of documents) {
    paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${contentHash(text)}` };
  }
  return { paths };
}

/** The upper-case SHA-512 of a document: its ETag and the `hash` of its address. */
export function contentHash(document: string | Uint8Array): string {
  return createHash('sha512').update(document).digest('hex').toUpperCase();
}

function parameterV3({ name, in: location, type, description, required }: Parameter): ParameterV3 {
  return { name, in: location, description, ...(required ? { required } : {}), schema: { type } };
}

function operationV3(operation: ApiOperation): OperationV3 {
  const schema: SchemaObject =
    operation.response === undefined ? { type: 'string' } : { $ref: v3Dialect.prefix + operation.response };
  const answer = { description: 'OK', content: contentOf(operation.produces, schema) };
  return {
    tags: [operation.tag],
    description: operation.description,
    operationId: operation.operationId,
    parameters: operation.parameters.map(parameterV3),
    ...(operation.body === undefined ? {} : { requestBody: requestBody(operation, operation.body) }),
    responses: {
      ...Object.fromEntries(operation.codes.map((code) => [String(code), answer])),
      '401': { description: 'Unauthorized' },
    },
    'x-kubernetes-action': operation.action,
    'x-kubernetes-group-version-kind': operation.kind,
  };
}

function requestBody(operation: ApiOperation, body: string): OperationV3['requestBody'] {
  const content = contentOf(operation.consumes, { $ref: v3Dialect.prefix + body });
  return operation.method === 'delete' ? { content } : { content, required: true };
}

function contentOf(types: readonly string[], schema: SchemaObject): ContentV3 {
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}

import type { ResourceType } from '../resource.js';
import { buildSchemas, type Descriptions } from './definition-schemas.js';
import { type ApiOperation, type HttpMethod, pathsOf } from './operations.js';
import type { Parameter } from './parameters.js';
import { type SchemaObject, v2Dialect } from './schema-object.js';
import { schemaOptions } from './served-definitions.js';

export interface OpenApiInfo {
  readonly title: string;
  /** Of the server: `v1.34.0`. */
  readonly version: string;
}

export interface ParameterV2 {
  name: string;
  in: 'query' | 'path' | 'body';
  description?: string;
  required?: boolean;
  type?: string;
  schema?: SchemaObject;
}

export interface ResponseV2 {
  description: string;
  schema?: SchemaObject;
}

export interface OperationV2 {
  description: string;
  operationId: string;
  tags: string[];
  consumes: readonly string[];
  produces: readonly string[];
  schemes: string[];
  parameters: ParameterV2[];
  responses: Record<string, ResponseV2>;
  [extension: `x-${string}`]: unknown;
}

export type PathItemV2 = { [method in HttpMethod]?: OperationV2 } & { parameters?: ParameterV2[] };

export interface OpenApiV2 {
  swagger: '2.0';
  info: OpenApiInfo;
  paths: Record<string, PathItemV2>;
  definitions: Record<string, SchemaObject>;
}

/** The one document of OpenAPI v2, at `/openapi/v2`. Old clients validate and explain with it. */
export function buildOpenApiV2(
  resources: readonly ResourceType[],
  descriptions: Descriptions,
  info: OpenApiInfo,
): OpenApiV2 {
  const paths: Record<string, PathItemV2> = {};
  for (const { path, parameters, operations } of resources.flatMap(pathsOf)) {
    const item: PathItemV2 = {};
    for (const operation of operations) item[operation.method] = operationV2(operation);
    if (parameters.length > 0) item.parameters = parameters.map(parameterV2);
    paths[path] = item;
  }
  return {
    swagger: '2.0',
    info,
    paths,
    definitions: buildSchemas(schemaOptions(resources, descriptions, v2Dialect)),
  };
}

function parameterV2({ name, in: location, type, description, required }: Parameter): ParameterV2 {
  return { name, in: location, description, type, ...(required ? { required } : {}) };
}

function operationV2(operation: ApiOperation): OperationV2 {
  const parameters = operation.parameters.map(parameterV2);
  if (operation.body !== undefined) {
    const required = operation.method !== 'delete';
    parameters.push({ name: 'body', in: 'body', required, schema: { $ref: v2Dialect.prefix + operation.body } });
  }
  const schema =
    operation.response === undefined ? { type: 'string' } : { $ref: v2Dialect.prefix + operation.response };
  const answer: ResponseV2 = { description: 'OK', schema };
  return {
    description: operation.description,
    operationId: operation.operationId,
    tags: [operation.tag],
    consumes: operation.consumes,
    produces: operation.produces,
    schemes: ['https'],
    parameters,
    responses: {
      ...Object.fromEntries(operation.codes.map((code) => [String(code), answer])),
      '401': { description: 'Unauthorized' },
    },
    'x-kubernetes-action': operation.action,
    'x-kubernetes-group-version-kind': operation.kind,
  };
}

import type { ResourceType, ResourceVerb, Subresource } from '../resource.js';
import { apiVersionOf } from '../resource.js';
import { definitionOf, findKind, type GroupVersionKind } from '../schema-kinds.js';
import { PATCH_SCHEMA } from './common-schemas.js';
import { type Parameter, pathParameters, queryParameters } from './parameters.js';

export type HttpMethod = 'get' | 'put' | 'post' | 'delete' | 'patch';

/** One operation, in the terms of neither version of OpenAPI. */
export interface ApiOperation {
  readonly method: HttpMethod;
  /** `x-kubernetes-action`: what kubectl takes the operation for. */
  readonly action: string;
  readonly operationId: string;
  readonly description: string;
  readonly tag: string;
  readonly kind: GroupVersionKind;
  readonly parameters: readonly Parameter[];
  /** OpenAPI name of what is sent. */
  readonly body?: string;
  /** OpenAPI name of what is answered; absent for plain text. */
  readonly response?: string;
  readonly consumes: readonly string[];
  readonly produces: readonly string[];
  readonly codes: readonly number[];
}

export interface ApiPath {
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly operations: readonly ApiOperation[];
}

const OBJECT_TYPES = ['application/json', 'application/yaml'];
const STREAM_TYPES = ['application/json', 'application/yaml', 'application/json;stream=watch'];
const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];
const ALL_VERBS: readonly ResourceVerb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];
const STATUS = 'io.k8s.apimachinery.pkg.apis.meta.v1.Status';
const DELETE_OPTIONS = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';

/** `/api/v1`, `/apis/apps/v1`: where a group's version is served. */
export function groupVersionPath(resource: { group: string; version: string }): string {
  return resource.group === '' ? `/api/${resource.version}` : `/apis/${apiVersionOf(resource)}`;
}

/** Every path of one resource with its operations. */
export function pathsOf(resource: ResourceType): ApiPath[] {
  const base = groupVersionPath(resource);
  const scope = resource.namespaced ? `${base}/namespaces/{namespace}` : base;
  const one = `${scope}/${resource.plural}/{name}`;
  const paths = [
    path(`${scope}/${resource.plural}`, collectionOperations(resource)),
    path(one, objectOperations(resource)),
    ...resource.subresources.map((subresource) =>
      path(`${one}/${subresource.name}`, subresourceOperations(resource, subresource)),
    ),
  ];
  if (resource.namespaced) paths.push(path(`${base}/${resource.plural}`, allNamespacesOperations(resource)));
  return paths.filter(({ operations }) => operations.length > 0);
}

function path(pattern: string, operations: readonly ApiOperation[]): ApiPath {
  return { path: pattern, parameters: pathParameters(pattern), operations };
}

function hasVerb(resource: ResourceType, verb: ResourceVerb): boolean {
  return (resource.verbs ?? ALL_VERBS).includes(verb);
}

function collectionOperations(resource: ResourceType): ApiOperation[] {
  const make = operationMaker(resource, '');
  const schema = definitionOf(resource.definition).name;
  const operations: ApiOperation[] = [];
  if (hasVerb(resource, 'list')) operations.push(listOperation(resource, make('list', '')));
  if (hasVerb(resource, 'create')) {
    operations.push({
      ...make('create', ''),
      method: 'post',
      action: 'post',
      body: schema,
      response: schema,
      codes: [200, 201, 202],
    });
  }
  if (hasVerb(resource, 'deletecollection')) {
    operations.push({
      ...make('delete', 'Collection'),
      method: 'delete',
      action: 'deletecollection',
      parameters: queryParameters('deletecollection'),
      body: DELETE_OPTIONS,
      response: STATUS,
    });
  }
  return operations;
}

function allNamespacesOperations(resource: ResourceType): ApiOperation[] {
  if (!hasVerb(resource, 'list')) return [];
  const operation = listOperation(resource, operationMaker(resource, '')('list', ''));
  const operationId = `${operation.operationId.replace('Namespaced', '')}ForAllNamespaces`;
  return [{ ...operation, operationId }];
}

function listOperation(resource: ResourceType, operation: ApiOperation): ApiOperation {
  return {
    ...operation,
    action: 'list',
    description: `List or watch objects of kind ${resource.kind}.`,
    produces: STREAM_TYPES,
    parameters: queryParameters('list'),
    response: `${definitionOf(resource.definition).name}List`,
  };
}

function objectOperations(resource: ResourceType): ApiOperation[] {
  const make = operationMaker(resource, '');
  const schema = definitionOf(resource.definition).name;
  const operations: ApiOperation[] = [];
  if (hasVerb(resource, 'get')) operations.push({ ...make('read', ''), response: schema });
  if (hasVerb(resource, 'update')) operations.push(replaceOperation(make('replace', ''), schema));
  if (hasVerb(resource, 'patch')) operations.push(patchOperation(make('patch', ''), schema));
  if (hasVerb(resource, 'delete')) {
    const parameters = queryParameters('delete');
    const response = resource.strategy.returnsDeletedObject ? schema : STATUS;
    const operation = { ...make('delete', ''), parameters, body: DELETE_OPTIONS, response };
    operations.push({ ...operation, method: 'delete', action: 'delete', codes: [200, 202] });
  }
  return operations;
}

function replaceOperation(operation: ApiOperation, schema: string): ApiOperation {
  return { ...operation, method: 'put', action: 'put', body: schema, response: schema, codes: [200, 201] };
}

function patchOperation(operation: ApiOperation, schema: string): ApiOperation {
  return {
    ...operation,
    method: 'patch',
    action: 'patch',
    consumes: PATCH_TYPES,
    parameters: queryParameters('patch'),
    body: PATCH_SCHEMA,
    response: schema,
    codes: [200, 201],
  };
}

/** A subresource whose kind is in the schema is an object; any other is a stream or a text. */
function subresourceOperations(resource: ResourceType, subresource: Subresource): ApiOperation[] {
  const { group = resource.group, version = resource.version } = subresource;
  const kind = { group, version, kind: subresource.kind };
  const make = operationMaker(resource, camelCase(subresource.name), kind);
  const definition = findKind(apiVersionOf({ group, version }), subresource.kind);
  if (subresource.name === 'log') return [{ ...make('read', ''), produces: ['text/plain', ...OBJECT_TYPES] }];
  if (definition === undefined) return connectOperations(subresource, make);
  const schema = definitionOf(definition).name;
  const operations: ApiOperation[] = [];
  for (const verb of subresource.verbs) {
    if (verb === 'get') operations.push({ ...make('read', ''), response: schema });
    if (verb === 'update') operations.push(replaceOperation(make('replace', ''), schema));
    if (verb === 'patch') operations.push(patchOperation(make('patch', ''), schema));
    if (verb === 'create') {
      operations.push({
        ...make('create', ''),
        method: 'post',
        action: 'post',
        body: schema,
        response: schema,
        codes: [200, 201, 202],
      });
    }
  }
  return operations;
}

function connectOperations(subresource: Subresource, make: OperationMaker): ApiOperation[] {
  const methods: HttpMethod[] = [];
  if (subresource.verbs.includes('get')) methods.push('get');
  if (subresource.verbs.includes('create')) methods.push('post');
  return methods.map((method) => ({
    ...make('connect', camelCase(method)),
    method,
    action: 'connect',
    parameters: [],
    consumes: ['*/*'],
    produces: ['*/*'],
  }));
}

type Verb = 'list' | 'create' | 'read' | 'replace' | 'patch' | 'delete' | 'connect';
type OperationMaker = (verb: Verb, infix: string) => ApiOperation;

/** A GET with what all operations of a resource or subresource have in common. */
function operationMaker(resource: ResourceType, subresourceName: string, kind?: GroupVersionKind): OperationMaker {
  const group = resource.group === '' ? 'core' : resource.group.replace(/\.k8s\.io$/, '');
  const groupName = group.split('.').map(camelCase).join('');
  const subject = `${resource.namespaced ? 'Namespaced' : ''}${resource.kind}${subresourceName}`;
  return (verb, infix) => ({
    method: 'get',
    action: 'get',
    operationId: `${verb}${groupName}${camelCase(resource.version)}${infix}${subject}`,
    description: describe(verb, infix, resource.kind, subresourceName),
    tag: `${groupName.charAt(0).toLowerCase()}${groupName.slice(1)}_${resource.version}`,
    kind: kind ?? { group: resource.group, version: resource.version, kind: resource.kind },
    parameters: queryParameters(verb),
    consumes: OBJECT_TYPES,
    produces: OBJECT_TYPES,
    codes: [200],
  });
}

function describe(verb: Verb, infix: string, kind: string, subresourceName: string): string {
  const what = subresourceName === '' ? kind : `${subresourceName.toLowerCase()} of the ${kind}`;
  const shown = verb.charAt(0).toUpperCase() + verb.slice(1);
  return infix === 'Collection' ? `Delete a collection of ${kind}.` : `${shown} the ${what}.`;
}

function camelCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

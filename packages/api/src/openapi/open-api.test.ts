import { describe, expect, it } from 'vitest';
import { resourceTable } from '../kinds/table.js';
import { definitionOf } from '../schema-kinds.js';
import { createOpenApiDocuments } from './open-api.js';

type Json = Record<string, unknown>;
const documents = createOpenApiDocuments(resourceTable, { title: 'Kubernetes', version: 'v1.34.0' });

async function v3(
  path: string,
): Promise<{ paths: Record<string, Json>; components: { schemas: Record<string, Json> } }> {
  return JSON.parse((await documents.v3(path))?.body ?? '');
}

async function v2(): Promise<{ paths: Record<string, Json>; definitions: Record<string, Json> }> {
  return JSON.parse((await documents.v2()).body);
}

/** `a/b.c` style access would not do: names have dots. */
function at(value: unknown, ...steps: string[]): unknown {
  return steps.reduce((inner, step) => (inner as Json | undefined)?.[step], value);
}

function references(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      if (key === '$ref') found.add(String(inner));
      else references(inner, found);
    }
  }
  return found;
}

const POD_SPEC = 'io.k8s.api.core.v1.PodSpec';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

describe('OpenAPI v3', () => {
  it('indexes the group versions by content', async () => {
    const { paths } = JSON.parse((await documents.v3Index()).body) as {
      paths: Record<string, { serverRelativeURL: string }>;
    };
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(['api/v1', 'apis/apps/v1', 'apis/discovery.k8s.io/v1']));
    const etag = (await documents.v3('apis/apps/v1'))?.etag;
    expect(paths['apis/apps/v1']?.serverRelativeURL).toBe(`/openapi/v3/apis/apps/v1?hash=${etag}`);
    expect(etag).toMatch(/^[0-9A-F]{128}$/);
  });

  it('knows nothing of what is not served', async () => {
    expect(await documents.v3('apis/example.com/v1')).toBeUndefined();
  });

  it('has every schema that it refers to', async () => {
    for (const path of ['api/v1', 'apis/apps/v1']) {
      const document = await v3(path);
      const missing = [...references(document)].filter(
        (reference) => !(reference.replace('#/components/schemas/', '') in document.components.schemas),
      );
      expect(missing).toEqual([]);
    }
  });

  it.each<[string, Json]>([
    [
      'containers',
      {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        'x-kubernetes-patch-merge-key': 'name',
        'x-kubernetes-patch-strategy': 'merge',
      },
    ],
    [
      'volumes',
      {
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        'x-kubernetes-patch-merge-key': 'name',
        'x-kubernetes-patch-strategy': 'merge,retainKeys',
      },
    ],
    [
      'topologySpreadConstraints',
      {
        'x-kubernetes-list-map-keys': ['topologyKey', 'whenUnsatisfiable'],
        'x-kubernetes-patch-merge-key': 'topologyKey',
      },
    ],
    ['tolerations', { 'x-kubernetes-list-type': 'atomic' }],
    ['nodeSelector', { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: { type: 'string' } }],
    ['hostNetwork', { type: 'boolean', description: expect.stringMatching(/host/i) }],
    ['priority', { type: 'integer', format: 'int32' }],
    ['securityContext', { allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.PodSecurityContext' }] }],
    [
      'overhead',
      {
        additionalProperties: {
          allOf: [{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity' }],
          default: {},
        },
      },
    ],
  ])('describes PodSpec.%s', async (field, expected) => {
    const { components } = await v3('api/v1');
    const schema = at(components.schemas, POD_SPEC, 'properties', field);
    expect(schema).toMatchObject(expected);
  });

  it('names the kinds', async () => {
    const { components } = await v3('apis/apps/v1');
    const kindsOf = (name: string) => at(components.schemas, name, 'x-kubernetes-group-version-kind');
    expect(kindsOf('io.k8s.api.apps.v1.Deployment')).toEqual([{ group: 'apps', version: 'v1', kind: 'Deployment' }]);
    expect(kindsOf('io.k8s.api.apps.v1.DeploymentList')).toEqual([
      { group: 'apps', version: 'v1', kind: 'DeploymentList' },
    ]);
    expect(kindsOf('io.k8s.api.autoscaling.v1.Scale')).toEqual([
      { group: 'autoscaling', version: 'v1', kind: 'Scale' },
    ]);
    expect(kindsOf(`${META}.DeleteOptions`)).toContainEqual({ group: 'apps', version: 'v1', kind: 'DeleteOptions' });
    expect(kindsOf(POD_SPEC)).toBeUndefined();
    expect(at(components.schemas, `${META}.LabelSelector`, 'x-kubernetes-map-type')).toBe('atomic');
    expect(at(components.schemas, 'io.k8s.api.apps.v1.DeploymentSpec', 'required')).toEqual(['selector', 'template']);
  });

  it('writes numbers that may be text', async () => {
    const { components } = await v3('api/v1');
    expect(components.schemas['io.k8s.apimachinery.pkg.util.intstr.IntOrString']).toMatchObject({
      oneOf: [{ type: 'string' }, { type: 'integer' }],
      format: 'int-or-string',
    });
    expect(at(components.schemas, `${META}.ManagedFieldsEntry`, 'properties', 'fieldsV1', 'allOf')).toEqual([
      { $ref: `#/components/schemas/${META}.FieldsV1` },
    ]);
  });

  it.each<[string, string, string, string, string | undefined]>([
    ['api/v1', '/api/v1/namespaces/{namespace}/pods', 'get', 'list', 'PodList'],
    ['api/v1', '/api/v1/namespaces/{namespace}/pods', 'post', 'post', 'Pod'],
    ['api/v1', '/api/v1/namespaces/{namespace}/pods', 'delete', 'deletecollection', 'Status'],
    ['api/v1', '/api/v1/pods', 'get', 'list', 'PodList'],
    ['api/v1', '/api/v1/namespaces/{namespace}/pods/{name}', 'patch', 'patch', 'Pod'],
    ['api/v1', '/api/v1/namespaces/{namespace}/pods/{name}/status', 'put', 'put', 'Pod'],
    ['api/v1', '/api/v1/namespaces/{namespace}/pods/{name}/binding', 'post', 'post', 'Binding'],
    ['api/v1', '/api/v1/namespaces/{namespace}/pods/{name}/log', 'get', 'get', undefined],
    ['api/v1', '/api/v1/namespaces/{namespace}/pods/{name}/exec', 'post', 'connect', undefined],
    ['api/v1', '/api/v1/nodes/{name}', 'delete', 'delete', 'Status'],
    ['api/v1', '/api/v1/namespaces/{namespace}/pods/{name}', 'delete', 'delete', 'Pod'],
    ['apis/apps/v1', '/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale', 'patch', 'patch', 'Scale'],
  ])('%s: %s %s is %s', async (document, path, method, action, response) => {
    const operation = (await v3(document)).paths[path]?.[method];
    expect(at(operation, 'x-kubernetes-action')).toBe(action);
    const content = at(operation, 'responses', '200', 'content') as Record<string, { schema: { $ref?: string } }>;
    const schema = Object.values(content)[0]?.schema;
    expect(schema?.$ref?.split('.').at(-1)).toBe(response);
  });

  it('gives each operation an id of its own', async () => {
    const ids = Object.values((await v3('api/v1')).paths).flatMap((item) =>
      Object.values(item).flatMap((operation) => (operation as Json).operationId ?? []),
    );
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(
      expect.arrayContaining([
        'listCoreV1NamespacedPod',
        'listCoreV1PodForAllNamespaces',
        'deleteCoreV1CollectionNamespacedPod',
        'readCoreV1Node',
        'connectCoreV1PostNamespacedPodExec',
      ]),
    );
  });

  it.each([
    ['api/v1', '/api/v1/namespaces/{namespace}/pods/{name}', 'Pod', ''],
    ['apis/apps/v1', '/apis/apps/v1/namespaces/{namespace}/deployments/{name}', 'Deployment', 'apps'],
    ['api/v1', '/api/v1/namespaces/{name}', 'Namespace', ''],
  ])('%s tells kubectl that %s understands fieldValidation and dryRun', async (document, path, kind, group) => {
    const patch = (await v3(document)).paths[path]?.patch as { parameters: { name: string }[] };
    expect(patch).toMatchObject({ 'x-kubernetes-group-version-kind': { group, version: 'v1', kind } });
    expect(patch.parameters.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['fieldValidation', 'dryRun', 'force']),
    );
  });
});

describe('OpenAPI v2', () => {
  it('has every schema that it refers to', async () => {
    const document = await v2();
    const missing = [...references(document)].filter(
      (reference) => !(reference.replace('#/definitions/', '') in document.definitions),
    );
    expect(missing).toEqual([]);
  });

  it('refers with a description beside the reference', async () => {
    const { definitions } = await v2();
    expect(at(definitions, `${META}.ObjectMeta`, 'properties', 'creationTimestamp')).toEqual({
      description: expect.stringMatching(/./),
      $ref: `#/definitions/${META}.Time`,
    });
    expect(at(definitions, 'io.k8s.api.apps.v1.DeploymentSpec', 'properties', 'strategy')).toMatchObject({
      'x-kubernetes-patch-strategy': 'retainKeys',
    });
    expect(definitions['io.k8s.apimachinery.pkg.util.intstr.IntOrString']).toMatchObject({
      type: 'string',
      format: 'int-or-string',
    });
  });

  it('lists dryRun among the query parameters of a patch', async () => {
    const patch = (await v2()).paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']?.patch as Json;
    expect(patch.parameters).toContainEqual(expect.objectContaining({ name: 'dryRun', in: 'query', type: 'string' }));
    expect(patch.consumes).toContain('application/strategic-merge-patch+json');
  });

  it('describes every kind that is served, and each as a list', async () => {
    const { definitions } = await v2();
    const wanted = resourceTable.flatMap(({ definition }) => {
      const { name } = definitionOf(definition);
      return [name, `${name}List`];
    });
    expect(wanted.filter((name) => !(name in definitions))).toEqual([]);
  });

  it('is made once', async () => {
    expect(await documents.v2()).toBe(await documents.v2());
    expect((await documents.v2Protobuf()).body).toBe((await documents.v2Protobuf()).body);
  });
});

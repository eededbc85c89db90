import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EtcdProcess, kubectlsOf, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, type RunningApiserver, startApiserver } from './apiserver-fixture.js';

let etcd: EtcdProcess;
let server: RunningApiserver;
let directory: string;

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const APPLY = 'application/apply-patch+yaml';

beforeAll(async () => {
  etcd = await startEtcd();
  server = await startApiserver({ etcd: etcd.endpoint });
  directory = await mkdtemp(join(tmpdir(), 'kubelab-apply-'));
});

afterAll(async () => {
  if (directory) await rm(directory, { recursive: true, force: true });
  await server?.stop();
  await etcd?.stop();
});

interface Entry {
  readonly manager: string;
  readonly operation: string;
  readonly subresource?: string;
  readonly fieldsV1: unknown;
}

const apply = (path: string, body: unknown, query = 'fieldManager=one'): Promise<Answer> =>
  server.fetch(`${path}?${query}`, { method: 'PATCH', body, headers: { 'content-type': APPLY } });

const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  server.fetch(path, { method, headers, ...(body === undefined ? {} : { body }) });

const mergePatch = (path: string, body: unknown, userAgent = 'tester/1.0'): Promise<Answer> =>
  send('PATCH', path, body, { 'content-type': 'application/merge-patch+json', 'user-agent': userAgent });

const configMap = (name: string, data: object, metadata = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
});

const deployment = (name: string, spec = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'c', image: 'nginx', ports: [{ containerPort: 80 }] }] },
    },
    ...spec,
  },
});

const managersOf = ({ json }: Answer): Entry[] => json.metadata.managedFields ?? [];
/** By name: writes of one second are in no other order. */
const summaryOf = (answer: Answer): string[] =>
  managersOf(answer)
    .map(({ manager, operation, subresource }) => [manager, operation, subresource].filter(Boolean).join(' '))
    .sort();
const entryOf = (answer: Answer, name: string): Entry | undefined =>
  managersOf(answer).find(({ manager }) => manager === name);

describe('who owns what', () => {
  test('a create is an Update by the manager or by the User-Agent', async () => {
    const named = await send('POST', `${CONFIG_MAPS}?fieldManager=maker`, configMap('named', { a: '1' }));
    expect(managersOf(named)).toEqual([
      {
        manager: 'maker',
        operation: 'Update',
        apiVersion: 'v1',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { '.': {}, 'f:a': {} } },
      },
    ]);
    const unnamed = await send('POST', CONFIG_MAPS, configMap('unnamed', {}), { 'user-agent': 'curl/8.1 (linux)' });
    expect(managersOf(unnamed)).toEqual([]);
    const agent = await send('POST', CONFIG_MAPS, configMap('agent', { a: '1' }), { 'user-agent': 'curl/8.1 (linux)' });
    expect(summaryOf(agent)).toEqual(['curl Update']);
    const silent = await send('POST', CONFIG_MAPS, configMap('silent', { a: '1' }));
    expect(summaryOf(silent)).toEqual(['unknown Update']);
  });

  test('a Deployment, with its defaults, as Kubernetes lists it', async () => {
    const made = await send('POST', `${DEPLOYMENTS}?fieldManager=kubectl-create`, deployment('shape'));
    expect(managersOf(made)[0]?.fieldsV1).toEqual({
      'f:spec': {
        'f:progressDeadlineSeconds': {},
        'f:replicas': {},
        'f:revisionHistoryLimit': {},
        'f:selector': {},
        'f:strategy': { 'f:rollingUpdate': { '.': {}, 'f:maxSurge': {}, 'f:maxUnavailable': {} }, 'f:type': {} },
        'f:template': {
          'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
          'f:spec': {
            'f:containers': {
              'k:{"name":"c"}': {
                '.': {},
                'f:image': {},
                'f:imagePullPolicy': {},
                'f:name': {},
                'f:ports': {
                  '.': {},
                  'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {}, 'f:protocol': {} },
                },
                'f:resources': {},
                'f:terminationMessagePath': {},
                'f:terminationMessagePolicy': {},
              },
            },
            'f:dnsPolicy': {},
            'f:restartPolicy': {},
            'f:schedulerName': {},
            'f:securityContext': {},
            'f:terminationGracePeriodSeconds': {},
          },
        },
      },
    });
  });
});

describe('who owns what after writes of others', () => {
  test('a status is owned apart from the spec, and neither owns what its write sets back', async () => {
    await send('POST', `${DEPLOYMENTS}?fieldManager=maker`, deployment('status'));
    const path = `${DEPLOYMENTS}/status`;
    const body = { spec: { replicas: 7 }, status: { replicas: 3 } };
    const written = await mergePatch(`${path}/status`, body, 'controller/2');
    expect(summaryOf(written)).toEqual(['controller Update status', 'maker Update']);
    expect(entryOf(written, 'controller')?.fieldsV1).toEqual({ 'f:status': { 'f:replicas': {} } });
    const main = await mergePatch(path, { status: { replicas: 9 }, metadata: { annotations: { a: 'b' } } });
    expect(entryOf(main, 'tester')?.fieldsV1).toEqual({
      'f:metadata': { 'f:annotations': { '.': {}, 'f:a': {} } },
    });
  });

  test('scale owns the replicas, whoever had them', async () => {
    await send('POST', `${DEPLOYMENTS}?fieldManager=maker`, deployment('scaled'));
    const path = `${DEPLOYMENTS}/scaled`;
    expect((await mergePatch(`${path}/scale`, { spec: { replicas: 4 } }, 'scaler/1')).json.spec).toEqual({
      replicas: 4,
    });
    const scaled = await send('GET', path);
    expect(summaryOf(scaled)).toEqual(['maker Update', 'scaler Update scale']);
    expect(entryOf(scaled, 'scaler')).toMatchObject({
      apiVersion: 'apps/v1',
      fieldsV1: { 'f:spec': { 'f:replicas': {} } },
    });
    expect(entryOf(scaled, 'maker')?.fieldsV1).not.toHaveProperty(['f:spec', 'f:replicas']);
  });

  test('a write that changes nothing leaves version and times', async () => {
    const made = await send('POST', `${CONFIG_MAPS}?fieldManager=maker`, configMap('same', { a: '1' }));
    const again = await mergePatch(`${CONFIG_MAPS}/same`, { data: { a: '1' } });
    expect(again.json).toEqual(made.json);
    const { managedFields, ...metadata } = made.json.metadata;
    const without = await send('PUT', `${CONFIG_MAPS}/same`, { ...made.json, metadata });
    expect(without.json).toEqual(made.json);
  });

  test.each([
    ['[{}]', [{}]],
    ['[]', []],
  ])('managedFields %s are reset, until somebody applies', async (_name, reset) => {
    const path = `${CONFIG_MAPS}/reset`;
    await send('DELETE', path);
    await send('POST', `${CONFIG_MAPS}?fieldManager=maker`, configMap('reset', { a: '1' }));
    expect(managersOf(await mergePatch(path, { metadata: { managedFields: reset } }))).toEqual([]);
    expect(managersOf(await mergePatch(path, { data: { b: '2' } }))).toEqual([]);
    const applied = await apply(path, configMap('reset', { c: '3' }));
    expect(summaryOf(applied)).toEqual(['before-first-apply Update', 'one Apply']);
  });

  test('managedFields that are none are ignored', async () => {
    const made = await send('POST', `${CONFIG_MAPS}?fieldManager=maker`, configMap('wrong', { a: '1' }));
    const entries = [{ manager: 'x', operation: 'Invent', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} }];
    const answer = await mergePatch(`${CONFIG_MAPS}/wrong`, { metadata: { managedFields: entries } });
    expect(answer.json).toEqual(made.json);
  });

  test('no more than ten updaters are remembered one by one', async () => {
    await send('POST', `${CONFIG_MAPS}?fieldManager=m0`, configMap('crowd', { k0: '' }));
    for (let i = 1; i <= 11; i++)
      await mergePatch(`${CONFIG_MAPS}/crowd?fieldManager=m${i}`, { data: { [`k${i}`]: '' } });
    const entries = managersOf(await send('GET', `${CONFIG_MAPS}/crowd`));
    expect(entries).toHaveLength(10);
    expect(entries.map(({ manager }) => manager)).toContain('ancient-changes');
  });

  test('an object that is too large with them is stored without them', async () => {
    const data = Object.fromEntries(Array.from({ length: 40_000 }, (_, i) => [`key-number-${i}`, '12345678']));
    const made = await send('POST', `${CONFIG_MAPS}?fieldManager=maker`, configMap('large', data));
    expect({ status: made.status, owners: summaryOf(made) }).toEqual({ status: 201, owners: [] });
    const applied = await apply(`${CONFIG_MAPS}/larger`, configMap('larger', data));
    expect(applied).toMatchObject({ status: 413, json: { reason: 'RequestEntityTooLarge' } });
  });

  test.each([
    ['POST', CONFIG_MAPS, configMap('f', {}), 'CreateOptions'],
    ['PUT', `${CONFIG_MAPS}/f`, configMap('f', {}), 'UpdateOptions'],
  ])('%s with a manager that is none', async (method, path, body, kind) => {
    const long = await send(method, `${path}?fieldManager=${'x'.repeat(129)}`, body);
    expect({ status: long.status, message: long.json.message }).toEqual({
      status: 422,
      message: `${kind}.meta.k8s.io "" is invalid: fieldManager: Too long: may not be more than 128 bytes`,
    });
    const unprintable = await send(method, `${path}?fieldManager=a%09b`, body);
    expect(unprintable.json.message).toBe(
      `${kind}.meta.k8s.io "" is invalid: fieldManager: Invalid value: "a\\tb": invalid character U+0009 (at position 1)`,
    );
  });
});

describe('apply', () => {
  test('creates what is missing; again, it changes nothing', async () => {
    const path = `${CONFIG_MAPS}/applied`;
    const created = await apply(path, configMap('applied', { a: '1' }));
    expect(created.status).toBe(201);
    expect(summaryOf(created)).toEqual(['one Apply']);
    const again = await apply(path, configMap('applied', { a: '1' }));
    expect(again).toMatchObject({ status: 200, json: created.json });
  });

  test('of YAML', async () => {
    const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata:\n  a: "1"\n';
    expect((await apply(`${CONFIG_MAPS}/yaml`, yaml)).json.data).toEqual({ a: '1' });
  });

  test('of an object gets defaults, which nobody owns', async () => {
    const { json } = await apply(`${DEPLOYMENTS}/defaults`, deployment('defaults'));
    expect(json.spec.strategy.type).toBe('RollingUpdate');
    expect(json.metadata.managedFields[0].fieldsV1).toEqual({
      'f:spec': {
        'f:replicas': {},
        'f:selector': {},
        'f:template': {
          'f:metadata': { 'f:labels': { 'f:app': {} } },
          'f:spec': {
            'f:containers': {
              'k:{"name":"c"}': {
                '.': {},
                'f:image': {},
                'f:name': {},
                'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
              },
            },
          },
        },
      },
    });
    const without = deployment('defaults');
    const { replicas, ...spec } = without.spec;
    const shrunk = await apply(`${DEPLOYMENTS}/defaults`, { ...without, spec });
    expect(shrunk.json.spec.replicas).toBe(1);
  });

  test('in a dry run stores nothing', async () => {
    expect((await apply(`${CONFIG_MAPS}/dry`, configMap('dry', {}), 'fieldManager=one&dryRun=All')).status).toBe(201);
    expect((await send('GET', `${CONFIG_MAPS}/dry`)).status).toBe(404);
  });

  test('conflicts with an update, in the words of Kubernetes', async () => {
    const path = `${DEPLOYMENTS}/conflict`;
    await send('POST', `${DEPLOYMENTS}?fieldManager=kubectl-client-side-apply`, deployment('conflict'));
    const answer = await apply(path, deployment('conflict', { replicas: 2 }));
    expect(answer).toMatchObject({
      status: 409,
      json: {
        kind: 'Status',
        reason: 'Conflict',
        message:
          'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas',
        details: {
          causes: [
            {
              reason: 'FieldManagerConflict',
              message: 'conflict with "kubectl-client-side-apply" using apps/v1',
              field: '.spec.replicas',
            },
          ],
        },
      },
    });
    const forced = await apply(path, deployment('conflict', { replicas: 2 }), 'fieldManager=one&force=true');
    expect(forced.json.spec.replicas).toBe(2);
    expect((await mergePatch(`${path}/scale`, { spec: { replicas: 3 } }, 'scaler/1')).status).toBe(200);
    expect((await apply(path, deployment('conflict', { replicas: 2 }))).json.message).toBe(
      'Apply failed with 1 conflict: conflict with "scaler" with subresource "scale" using apps/v1: .spec.replicas',
    );
  });

  test.each<[string, string, unknown, string, number, string]>([
    [
      'no manager',
      'a',
      configMap('a', {}),
      '',
      422,
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    ],
    [
      'another name',
      'a',
      configMap('b', {}),
      'fieldManager=x',
      400,
      'the name of the object (b) does not match the name on the URL (a)',
    ],
    [
      'no name',
      'a',
      { apiVersion: 'v1', kind: 'ConfigMap' },
      'fieldManager=x',
      400,
      'the name of the object (a based on URL) was undeterminable: name must be provided',
    ],
    [
      'another namespace',
      'a',
      configMap('a', {}, { namespace: 'other' }),
      'fieldManager=x',
      400,
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
    [
      'another kind',
      'a',
      { ...configMap('a', {}), kind: 'Secret' },
      'fieldManager=x',
      400,
      'invalid object type: /v1, Kind=Secret',
    ],
    [
      'an unknown field',
      'a',
      { ...configMap('a', {}), foo: 1 },
      'fieldManager=x',
      500,
      'failed to create typed patch object (/a; /v1, Kind=ConfigMap): .foo: field not declared in schema',
    ],
    [
      'managedFields',
      'a',
      configMap('a', {}, { managedFields: [{}] }),
      'fieldManager=x',
      400,
      'metadata.managedFields must be nil',
    ],
    [
      'a uid',
      'a',
      configMap('a', {}, { uid: 'u' }),
      'fieldManager=x',
      409,
      'Operation cannot be fulfilled on configmaps "a": uid mismatch: the provided object specified uid u, and no existing object was found',
    ],
    [
      'a version',
      'a',
      configMap('a', {}, { resourceVersion: '1' }),
      'fieldManager=x',
      400,
      'resourceVersion should not be set on objects to be created',
    ],
  ])('with %s is refused', async (_what, name, body, query, status, message) => {
    const answer = await apply(`${CONFIG_MAPS}/${name}`, body, query);
    expect({ status: answer.status, message: answer.json.message }).toEqual({ status, message });
  });

  test.each([
    ['an unknown field', { replicaz: 1 }, '.spec.replicaz: field not declared in schema'],
    ['another type', { replicas: 'two' }, '.spec.replicas: expected numeric (int or float), got string'],
  ])('%s is an error without a reason, however fields are validated', async (_what, spec, why) => {
    const body = { ...deployment('typed', spec), metadata: { name: 'typed', namespace: 'default' } };
    for (const fieldValidation of ['Strict', 'Warn', 'Ignore']) {
      const query = `fieldManager=one&fieldValidation=${fieldValidation}`;
      const { status, json } = await apply(`${DEPLOYMENTS}/typed`, body, query);
      expect(status).toBe(500);
      expect(json).toEqual({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: `failed to create typed patch object (default/typed; apps/v1, Kind=Deployment): ${why}`,
        code: 500,
      });
    }
  });

  test('a field that is stated twice is refused when fields are validated strictly', async () => {
    const body = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: twice}\ndata:\n  a: "1"\n  a: "2"\n';
    const strict = await apply(`${CONFIG_MAPS}/twice`, body, 'fieldManager=one&fieldValidation=Strict');
    expect(strict).toMatchObject({ status: 400, json: { reason: 'BadRequest' } });
    expect(strict.json.message).toMatch(/^error strict decoding YAML: .*key "a" already set in map/s);
    const warned = await apply(`${CONFIG_MAPS}/twice`, body, 'fieldManager=one&fieldValidation=Warn');
    expect(warned.status).toBe(201);
    expect(warned.headers.warning).toContain('already set in map');
  });

  test('honours uid and resourceVersion of what is there', async () => {
    const path = `${CONFIG_MAPS}/version`;
    const { json } = await apply(path, configMap('version', { a: '1' }));
    const { uid, resourceVersion } = json.metadata;
    expect((await apply(path, configMap('version', { a: '2' }, { uid: 'u' }))).status).toBe(409);
    expect((await apply(path, configMap('version', { a: '2' }, { resourceVersion: '1' }))).status).toBe(409);
    expect((await apply(path, configMap('version', { a: '2' }, { uid, resourceVersion }))).status).toBe(200);
  });

  test('force is for apply alone', async () => {
    const answer = await mergePatch(`${CONFIG_MAPS}/applied?force=true`, {});
    expect(answer.json.message).toBe(
      'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    );
  });

  test('to a status owns the status alone, and creates nothing', async () => {
    const path = `${DEPLOYMENTS}/applied-status`;
    const config = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'applied-status' } };
    expect((await apply(`${path}/status`, config)).status).toBe(404);
    await apply(path, deployment('applied-status'));
    const body = {
      ...config,
      spec: { replicas: 5 },
      status: { replicas: 4, conditions: [{ type: 'A', status: 'True' }] },
    };
    const answer = await apply(`${path}/status`, body, 'fieldManager=controller');
    expect(answer.json).toMatchObject({ spec: { replicas: 1 }, status: { replicas: 4, conditions: [{ type: 'A' }] } });
    expect(entryOf(answer, 'controller')).toMatchObject({
      operation: 'Apply',
      subresource: 'status',
      fieldsV1: {
        'f:status': {
          'f:conditions': { 'k:{"type":"A"}': { '.': {}, 'f:status': {}, 'f:type': {} } },
          'f:replicas': {},
        },
      },
    });
    const less = { ...config, status: { replicas: 4 } };
    const pruned = await apply(`${path}/status`, less, 'fieldManager=controller');
    expect(pruned.json.status).toEqual({ replicas: 4 });
  });

  test('to a scale owns the replicas', async () => {
    const path = `${DEPLOYMENTS}/applied-scale`;
    await apply(path, deployment('applied-scale'));
    const scale = (replicas: number) => ({
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'applied-scale' },
      spec: { replicas },
    });
    expect((await apply(`${path}/scale`, scale(3), 'fieldManager=scaler')).json).toMatchObject({
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "one": .spec.replicas',
    });
    expect((await apply(`${path}/scale`, scale(3), 'fieldManager=scaler&force=true')).json.spec).toEqual({
      replicas: 3,
    });
    expect(summaryOf(await send('GET', path))).toEqual(['one Apply', 'scaler Apply scale']);
  });

  test('to ephemeral containers, and updates of them, own those alone', async () => {
    const PODS = '/api/v1/namespaces/default/pods';
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'debugged' } };
    const spec = { containers: [{ name: 'c', image: 'i' }] };
    await apply(`${PODS}/debugged`, { ...pod, spec });
    const container = (name: string) => ({ name, image: 'i', targetContainerName: 'c' });
    const applied = await apply(
      `${PODS}/debugged/ephemeralcontainers`,
      { ...pod, spec: { nodeName: 'n', ephemeralContainers: [container('one')] } },
      'fieldManager=debugger',
    );
    expect(applied.json).toMatchObject({ spec: { ephemeralContainers: [{ name: 'one' }] } });
    expect(applied.json.spec).not.toHaveProperty('nodeName');
    const element = { '.': {}, 'f:image': {}, 'f:name': {}, 'f:targetContainerName': {} };
    expect(entryOf(applied, 'debugger')).toMatchObject({
      operation: 'Apply',
      subresource: 'ephemeralcontainers',
      fieldsV1: { 'f:spec': { 'f:ephemeralContainers': { 'k:{"name":"one"}': element } } },
    });
    const two = { ...applied.json, spec: { ...applied.json.spec } };
    two.spec.ephemeralContainers = [...two.spec.ephemeralContainers, container('two')];
    const updated = await send('PUT', `${PODS}/debugged/ephemeralcontainers?fieldManager=other`, two);
    expect(summaryOf(updated)).toEqual([
      'debugger Apply ephemeralcontainers',
      'one Apply',
      'other Update ephemeralcontainers',
    ]);
  });

  test('of many at once none is lost', async () => {
    const path = `${CONFIG_MAPS}/many`;
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => apply(path, configMap('many', { [`k${i}`]: 'v' }), `fieldManager=m${i}`)),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    const { json } = await send('GET', path);
    expect(Object.keys(json.data)).toHaveLength(20);
    expect(json.metadata.managedFields).toHaveLength(20);
  });
});

const KUBECTLS = kubectlsOf(['1.27', '1.30', '1.33']);

describe.each(KUBECTLS)('%s', (binary) => {
  const suffix = binary.slice(-2);
  const kubectl = (args: readonly string[], stdin?: string) =>
    server.kubectl(args, { binary, ...(stdin === undefined ? {} : { stdin }) });
  const manifest = async (object: object): Promise<string> => {
    const file = join(directory, `${Math.random()}.json`);
    await writeFile(file, JSON.stringify(object));
    return file;
  };
  const named = async (name: string): Promise<Answer> => send('GET', `${DEPLOYMENTS}/${name}`);

  test('apply --server-side', async () => {
    const name = `server-${suffix}`;
    const file = await manifest(deployment(name));
    expect(await kubectl(['apply', '--server-side', '-f', file])).toMatchObject({
      code: 0,
      stdout: `deployment.apps/${name} serverside-applied\n`,
    });
    const before = await named(name);
    expect(summaryOf(before)).toEqual(['kubectl Apply']);
    expect((await kubectl(['apply', '--server-side', '-f', file])).code).toBe(0);
    expect((await named(name)).json).toEqual(before.json);
    const other = await manifest(deployment(name, { replicas: 3 }));
    const refused = await kubectl(['apply', '--server-side', '--field-manager=other', '-f', other]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('Apply failed with 1 conflict: conflict with "kubectl": .spec.replicas');
    const forced = await kubectl(['apply', '--server-side', '--field-manager=other', '--force-conflicts', '-f', other]);
    expect(forced).toMatchObject({ code: 0 });
    expect((await named(name)).json.spec.replicas).toBe(3);
    expect(JSON.parse((await kubectl(['get', 'deployment', name, '-o', 'json'])).stdout).metadata).not.toHaveProperty(
      'managedFields',
    );
  });

  test('apply --server-side takes over from apply', async () => {
    const name = `taken-${suffix}`;
    expect(await kubectl(['apply', '-f', await manifest(deployment(name))])).toMatchObject({ code: 0 });
    expect(summaryOf(await named(name))).toEqual(['kubectl-client-side-apply Update']);
    const changed = await manifest(deployment(name, { replicas: 4 }));
    expect(await kubectl(['apply', '--server-side', '-f', changed])).toMatchObject({ code: 0 });
    const after = await named(name);
    expect(after.json.spec.replicas).toBe(4);
    // kubectl has rewritten managedFields by a JSON patch, and owns its annotation under another name.
    expect(summaryOf(after)).toEqual(['kubectl Apply', 'kubectl-last-applied Apply']);
    // What is left out from now on goes.
    const { replicas, ...spec } = deployment(name).spec;
    expect(
      await kubectl(['apply', '--server-side', '-f', await manifest({ ...deployment(name), spec })]),
    ).toMatchObject({
      code: 0,
    });
    expect((await named(name)).json.spec.replicas).toBe(1);
  });

  test('diff, both ways', async () => {
    const name = `diff-${suffix}`;
    await kubectl(['apply', '-f', await manifest(deployment(name))]);
    const same = await manifest(deployment(name));
    const other = await manifest(deployment(name, { replicas: 6 }));
    for (const way of [[], ['--server-side', '--force-conflicts']]) {
      expect(await kubectl(['diff', ...way, '-f', same])).toMatchObject({ code: 0, stdout: '' });
      const { code, stdout } = await kubectl(['diff', ...way, '-f', other]);
      expect({ code, stdout }).toEqual({
        code: 1,
        stdout: expect.stringMatching(/- {2}replicas: 1\n\+ {2}replicas: 6\n/),
      });
    }
    expect((await named(name)).json.spec.replicas).toBe(1);
  });

  test('apply --prune', async () => {
    const label = { labels: { set: `prune-${suffix}` } };
    const maps = ['a', 'b'].map((name) => configMap(`${name}-${suffix}`, {}, label));
    const list = (items: object[]) => manifest({ apiVersion: 'v1', kind: 'List', items });
    const flags = ['apply', '--prune', '-l', `set=prune-${suffix}`, '--prune-allowlist=core/v1/ConfigMap'];
    expect(await kubectl([...flags, '-f', await list(maps)])).toMatchObject({ code: 0 });
    const pruned = await kubectl([...flags, '-f', await list(maps.slice(0, 1))]);
    expect(pruned).toMatchObject({ code: 0, stdout: expect.stringContaining(`configmap/b-${suffix} pruned`) });
    expect((await send('GET', `${CONFIG_MAPS}/a-${suffix}`)).status).toBe(200);
    expect((await send('GET', `${CONFIG_MAPS}/b-${suffix}`)).status).toBe(404);
  });

  test('edit, in all ways', async () => {
    const name = `edit-${suffix}`;
    await kubectl(['apply', '-f', await manifest(deployment(name))]);
    const editor = join(directory, `editor-${suffix}.sh`);
    const edit = async (script: string, ...args: string[]) => {
      await writeFile(editor, `#!/bin/sh\nsed -i '${script}' "$1"\n`);
      await chmod(editor, 0o700);
      process.env.KUBE_EDITOR = editor;
      expect(await kubectl(args)).toMatchObject({ code: 0 });
    };
    await edit('s/replicas: 1/replicas: 2/', 'edit', 'deployment', name);
    expect((await named(name)).json.spec.replicas).toBe(2);
    expect(summaryOf(await named(name))).toContain('kubectl-edit Update');
    await edit('s/"replicas": 2/"replicas": 3/', 'edit', 'deployment', name, '-o', 'json');
    expect((await named(name)).json.spec.replicas).toBe(3);
    await edit('s/replicas: 1/replicas: 5/', 'apply', 'edit-last-applied', `deployment/${name}`);
    const viewed = await kubectl(['apply', 'view-last-applied', 'deployment', name, '-o', 'json']);
    expect(JSON.parse(viewed.stdout).spec.replicas).toBe(5);
    await edit('s/^status: {}/status: {replicas: 2}/', 'edit', 'deployment', name, '--subresource=status');
    expect((await named(name)).json.status).toEqual({ replicas: 2 });
    delete process.env.KUBE_EDITOR;
  });

  test('view-last-applied, replace, patch in three ways', async () => {
    const name = `replace-${suffix}`;
    await kubectl(['apply', '-f', await manifest(deployment(name))]);
    const viewed = await kubectl(['apply', 'view-last-applied', 'deployment', name, '-o', 'json']);
    expect(JSON.parse(viewed.stdout)).toMatchObject({ spec: { replicas: 1 } });
    const replaced = await kubectl(['replace', '-f', await manifest(deployment(name, { replicas: 2 }))]);
    expect(replaced).toMatchObject({ code: 0, stdout: `deployment.apps/${name} replaced\n` });
    expect(summaryOf(await named(name))).toContain('kubectl-replace Update');
    const patches: readonly [string, unknown][] = [
      ['strategic', { spec: { template: { spec: { containers: [{ name: 'c', tty: true }] } } } }],
      ['merge', { metadata: { annotations: { a: 'b' } } }],
      ['json', [{ op: 'replace', path: '/spec/replicas', value: 3 }]],
    ];
    for (const [type, patch] of patches) {
      const patched = await kubectl(['patch', 'deployment', name, `--type=${type}`, '-p', JSON.stringify(patch)]);
      expect(patched).toMatchObject({ code: 0, stdout: `deployment.apps/${name} patched\n` });
    }
    const { json } = await named(name);
    expect(json).toMatchObject({ metadata: { annotations: { a: 'b' } }, spec: { replicas: 3 } });
    expect(json.spec.template.spec.containers).toMatchObject([{ name: 'c', image: 'nginx', tty: true }]);
    expect(summaryOf(await named(name))).toContain('kubectl-patch Update');
  });
});

test.each(kubectlsOf(['1.33']))('%s apply --server-side --subresource=status', async (binary) => {
  const name = 'sub-status';
  await apply(`${DEPLOYMENTS}/${name}`, deployment(name));
  const config = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, status: { replicas: 8 } };
  const args = ['apply', '--server-side', '--subresource=status', '-f', '-'];
  expect(await server.kubectl(args, { binary, stdin: JSON.stringify(config) })).toMatchObject({ code: 0 });
  const answer = await send('GET', `${DEPLOYMENTS}/${name}`);
  expect(answer.json.status).toEqual({ replicas: 8 });
  expect(summaryOf(answer)).toEqual(['kubectl Apply status', 'one Apply']);
});

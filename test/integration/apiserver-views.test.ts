import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { horizontalPodAutoscalers, horizontalPodAutoscalersV1 } from '@kubelab/api';
import { createApiClient } from '@kubelab/client';
import { type EtcdProcess, kubectlsOf, startEtcd } from '@kubelab/testing';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, type RunningApiserver, startApiserver } from './apiserver-fixture.js';

/** The same stored objects in several versions: what one API writes, the other reads, and the other way round. */

let etcd: EtcdProcess;
let server: RunningApiserver;

const V1 = '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers';
const V2 = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers';
const CORE_EVENTS = '/api/v1/namespaces/default/events';
const EVENTS = '/apis/events.k8s.io/v1/namespaces/default/events';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const METRICS = 'autoscaling.alpha.kubernetes.io/metrics';

beforeAll(async () => {
  etcd = await startEtcd();
  server = await startApiserver({ etcd: etcd.endpoint });
});

afterAll(async () => {
  await server?.stop();
  await etcd?.stop();
});

const post = (path: string, body: unknown): Promise<Answer> => server.fetch(path, { method: 'POST', body });
const patch = (path: string, body: unknown): Promise<Answer> =>
  server.fetch(path, { method: 'PATCH', body, headers: MERGE });

function autoscaler(name: string, more: object = {}) {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, labels: { of: name } },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
      maxReplicas: 5,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
        { type: 'Pods', pods: { metric: { name: 'q' }, target: { type: 'AverageValue', averageValue: '5' } } },
      ],
      ...more,
    },
  };
}

/** Frames of a watch, one after another. Each is waited for for at most 5 s. */
async function watch(path: string) {
  const outgoing = request(server.requestOptions(path));
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const lines = createInterface({ input: response })[Symbol.asyncIterator]();
  return {
    async next() {
      const limit = new AbortController();
      const late = delay(5_000, undefined, { signal: limit.signal }).then(() => {
        throw new Error('no frame within 5 s');
      });
      late.catch(() => {});
      try {
        const { value } = await Promise.race([lines.next(), late]);
        return JSON.parse(value as string);
      } finally {
        limit.abort();
      }
    },
    close: () => outgoing.destroy(),
  };
}

describe('autoscaling/v1 and v2', () => {
  test('what v2 creates, v1 shows, at the same version', async () => {
    const created = await post(V2, autoscaler('a', { behavior: { scaleDown: { selectPolicy: 'Disabled' } } }));
    expect(created.status).toBe(201);
    const { json } = await server.fetch(`${V1}/a`);
    expect(json).toMatchObject({
      apiVersion: 'autoscaling/v1',
      kind: 'HorizontalPodAutoscaler',
      metadata: { uid: created.json.metadata.uid, resourceVersion: created.json.metadata.resourceVersion },
      spec: { minReplicas: 1, maxReplicas: 5, targetCPUUtilizationPercentage: 50 },
      status: { currentReplicas: 0, desiredReplicas: 0 },
    });
    expect(JSON.parse(json.metadata.annotations[METRICS])).toEqual([
      { type: 'Pods', pods: { metricName: 'q', targetAverageValue: '5' } },
    ]);
    expect(json.spec.metrics).toBeUndefined();
  });

  test('a change by v1 keeps what v1 has no field for', async () => {
    const changed = await patch(`${V1}/a`, { spec: { targetCPUUtilizationPercentage: 70, maxReplicas: 7 } });
    expect(changed.json).toMatchObject({ apiVersion: 'autoscaling/v1', spec: { maxReplicas: 7 } });
    const { json } = await server.fetch(`${V2}/a`);
    expect(json.spec.metrics).toEqual([
      { type: 'Pods', pods: { metric: { name: 'q' }, target: { type: 'AverageValue', averageValue: '5' } } },
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
    ]);
    expect(json.spec.behavior.scaleDown.selectPolicy).toBe('Disabled');
    expect(json.metadata.annotations).toBeUndefined();
    const put = await server.fetch(`${V1}/a`, { method: 'PUT', body: changed.json });
    expect(put.json.metadata.resourceVersion).toBe(changed.json.metadata.resourceVersion);
  });

  test('v1 alone: what is left out is filled in, and a stale version is a conflict', async () => {
    const { apiVersion: _v2, ...old } = autoscaler('b', { metrics: undefined });
    const created = await post(V1, old);
    expect(created.status).toBe(201);
    expect(created.json.spec).toEqual({ ...old.spec, minReplicas: 1, targetCPUUtilizationPercentage: 80 });
    await patch(`${V2}/b`, { spec: { maxReplicas: 9 } });
    const stale = await server.fetch(`${V1}/b`, { method: 'PUT', body: created.json });
    expect([stale.status, stale.json.reason]).toEqual([409, 'Conflict']);
    const again = await post(V1, old);
    expect([again.status, again.json.message]).toEqual([
      409,
      'horizontalpodautoscalers.autoscaling "b" already exists',
    ]);
  });

  test('the status by v1', async () => {
    const { json } = await server.fetch(`${V1}/b`);
    const status = { currentReplicas: 2, desiredReplicas: 3, currentCPUUtilizationPercentage: 40 };
    const put = await server.fetch(`${V1}/b/status`, { method: 'PUT', body: { ...json, status } });
    expect([put.status, put.json.status]).toEqual([200, status]);
    const stored = (await server.fetch(`${V2}/b`)).json;
    expect(stored.status).toEqual({
      currentReplicas: 2,
      desiredReplicas: 3,
      currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 40 } } }],
    });
    const table = await server.fetch(`${V1}?fieldSelector=metadata.name%3Db`, { headers: { accept: TABLE } });
    expect(table.json.rows[0].cells.slice(0, 6)).toEqual(['b', 'Deployment/d', 'cpu: 40%/80%', '1', 9, 2]);
    expect(table.json.rows[0].object.metadata.name).toBe('b');
  });

  test('refusals are v2 in substance and name the kind', async () => {
    const bad = await post(V1, { ...autoscaler('c', { metrics: undefined, maxReplicas: 0 }), apiVersion: undefined });
    expect(bad.status).toBe(422);
    expect(bad.json.message).toBe(
      'HorizontalPodAutoscaler.autoscaling "c" is invalid: [spec.maxReplicas: Invalid value: 0: must be greater than 0, spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`]',
    );
    const mixed = await post(V1, autoscaler('c'));
    expect([mixed.status, mixed.json.reason]).toEqual([400, 'BadRequest']);
  });

  test('lists, selections and watches in both versions at once', async () => {
    const list = await server.fetch(`${V1}?labelSelector=of%3Da`);
    expect(list.json).toMatchObject({ kind: 'HorizontalPodAutoscalerList', apiVersion: 'autoscaling/v1' });
    expect(list.json.items).toEqual([
      expect.objectContaining({
        spec: expect.objectContaining({ targetCPUUtilizationPercentage: expect.any(Number) }),
      }),
    ]);
    expect(list.json.items[0]).not.toHaveProperty('apiVersion');
    const from = `watch=true&resourceVersion=${list.json.metadata.resourceVersion}`;
    const [old, all] = [await watch(`${V1}?${from}&labelSelector=of%3Dw`), await watch(`${V2}?${from}`)];
    await post(V2, autoscaler('w'));
    await patch(`${V1}/w`, { spec: { maxReplicas: 6 } });
    await patch(`${V2}/w`, { metadata: { labels: { of: null } } });
    const seen = [await old.next(), await old.next(), await old.next()];
    expect(seen.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    expect(seen.map(({ object }) => object.apiVersion)).toEqual(Array(3).fill('autoscaling/v1'));
    expect(seen[1].object.spec).toMatchObject({ maxReplicas: 6, targetCPUUtilizationPercentage: 50 });
    const stored = [await all.next(), await all.next(), await all.next()];
    expect(stored.map(({ object }) => object.apiVersion)).toEqual(Array(3).fill('autoscaling/v2'));
    expect(stored.map(({ object }) => object.metadata.resourceVersion)).toEqual(
      seen.map(({ object }) => object.metadata.resourceVersion),
    );
    old.close();
    all.close();
    const bookmarked = await watch(
      `${V1}?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`,
    );
    const frames = [];
    do frames.push(await bookmarked.next());
    while (frames.at(-1).type !== 'BOOKMARK');
    expect(frames.at(-1).object).toMatchObject({
      apiVersion: 'autoscaling/v1',
      metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } },
    });
    expect(frames.map(({ object }) => object.metadata.name).sort()).toEqual([undefined, 'a', 'b', 'w'].sort());
    bookmarked.close();
  });

  test('deletes by either', async () => {
    expect((await server.fetch(`${V1}/a`, { method: 'DELETE' })).status).toBe(200);
    expect((await server.fetch(`${V2}/a`)).status).toBe(404);
    const gone = await server.fetch(`${V1}?labelSelector=of%3Db`, { method: 'DELETE' });
    expect(gone.json.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual(['b']);
    expect((await server.fetch(V2)).json.items).toHaveLength(1);
  });

  test('by gRPC', async () => {
    const client = createApiClient({
      addresses: [`127.0.0.1:${server.grpcPort}`],
      tls: {
        ca: Buffer.from(server.authority.certificatePem),
        cert: Buffer.from(server.admin.certificatePem),
        key: Buffer.from(server.admin.privateKeyPem),
      },
      component: 'views-test',
      log: pino({ level: 'silent' }),
    });
    try {
      const key = { namespace: 'default', name: 'g' };
      const { apiVersion: _v2, ...body } = autoscaler('g', { metrics: undefined, targetCPUUtilizationPercentage: 20 });
      const created = await client.create(horizontalPodAutoscalersV1, {
        ...body,
        metadata: { ...body.metadata, namespace: 'default' },
      });
      expect(created.apiVersion).toBe('autoscaling/v1');
      const stored = await client.get(horizontalPodAutoscalers, key);
      expect(stored.spec?.metrics?.[0]?.resource?.target.averageUtilization).toBe(20);
      const listed = await client.list(horizontalPodAutoscalersV1, { namespace: 'default' });
      expect(listed.items.map(({ apiVersion }) => apiVersion)).toEqual(['autoscaling/v1', 'autoscaling/v1']);
    } finally {
      await client.close();
    }
  });
});

describe('events.k8s.io/v1 and the core group', () => {
  const event = (name: string, more: object = {}) => ({
    metadata: { name },
    eventTime: '2024-01-01T00:00:00.000000Z',
    regarding: { kind: 'Pod', name: 'p', namespace: 'default' },
    reportingController: 'example.com/c',
    reportingInstance: 'i',
    action: 'Looking',
    reason: 'Looked',
    note: 'saw it',
    type: 'Normal',
    ...more,
  });

  test('the same objects, by other names', async () => {
    const old = await post(CORE_EVENTS, {
      metadata: { name: 'old' },
      involvedObject: { kind: 'Pod', name: 'q', namespace: 'default' },
      message: 'hello',
      source: { component: 'kubelet', host: 'n1' },
      count: 2,
      reason: 'Started',
      type: 'Normal',
    });
    expect(old.status).toBe(201);
    expect((await server.fetch(`${EVENTS}/old`)).json).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      regarding: { name: 'q' },
      note: 'hello',
      deprecatedSource: { component: 'kubelet', host: 'n1' },
      deprecatedCount: 2,
      metadata: { resourceVersion: old.json.metadata.resourceVersion },
    });
    expect((await post(EVENTS, event('new'))).status).toBe(201);
    const inCore = (await server.fetch(`${CORE_EVENTS}/new`)).json;
    expect(inCore).toMatchObject({
      apiVersion: 'v1',
      involvedObject: { name: 'p' },
      message: 'saw it',
      reportingComponent: 'example.com/c',
    });
    expect(inCore).not.toHaveProperty('note');
    const selected = await server.fetch(`${EVENTS}?fieldSelector=regarding.name%3Dp`);
    expect(selected.json.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual(['new']);
  });

  test.each<[string, object, string]>([
    ['no time', { eventTime: null }, 'eventTime: Required value'],
    ['an old count', { deprecatedCount: 1 }, 'count: Invalid value: "": needs to be unset'],
    ['no type', { type: 'Odd' }, 'type: Invalid value: "": has invalid value: Odd'],
    ['no action', { action: '' }, 'action: Required value'],
  ])('refused for %s', async (_what, more, text) => {
    const { status, json } = await post(EVENTS, event('bad', more));
    expect([status, json.reason, json.message]).toEqual([
      422,
      'Invalid',
      `Event.events.k8s.io "bad" is invalid: ${text}`,
    ]);
  });

  test('only the series of an event may change, but for those who come by the core group', async () => {
    const refused = await patch(`${EVENTS}/new`, { note: 'other' });
    expect([refused.status, refused.json.message]).toEqual([
      422,
      'Event.events.k8s.io "new" is invalid: message: Invalid value: "other": field is immutable',
    ]);
    const series = { count: 3, lastObservedTime: '2024-01-01T00:01:00.000000Z' };
    expect((await patch(`${EVENTS}/new`, { series })).json.series).toEqual(series);
    expect((await patch(`${CORE_EVENTS}/new`, { message: 'other' })).status).toBe(200);
  });

  test('what is missing is missed by the name that was asked for', async () => {
    expect((await server.fetch(`${EVENTS}/none`)).json.message).toBe('events.events.k8s.io "none" not found');
    expect((await server.fetch(`${CORE_EVENTS}/none`)).json.message).toBe('events "none" not found');
  });
});

describe('what kubectl asked for before v1.21', () => {
  const cronJob = {
    apiVersion: 'batch/v1beta1',
    kind: 'CronJob',
    metadata: { name: 'c' },
    spec: {
      schedule: '*/5 * * * *',
      jobTemplate: {
        spec: { template: { spec: { containers: [{ name: 'c', image: 'i' }], restartPolicy: 'OnFailure' } } },
      },
    },
  };

  test('batch/v1beta1 CronJobs', async () => {
    const path = '/apis/batch/v1beta1/namespaces/default/cronjobs';
    const created = await post(path, cronJob);
    expect(created.status).toBe(201);
    expect(created.headers.warning).toBe(
      '299 - "batch/v1beta1 CronJob is deprecated in v1.21+, unavailable in v1.25+; use batch/v1 CronJob"',
    );
    expect(created.json).toMatchObject({ apiVersion: 'batch/v1beta1', spec: { concurrencyPolicy: 'Allow' } });
    const { json } = await server.fetch('/apis/batch/v1/namespaces/default/cronjobs/c');
    expect(json).toEqual({ ...created.json, apiVersion: 'batch/v1' });
    const wrong = await post('/apis/batch/v1/namespaces/default/cronjobs', cronJob);
    expect([wrong.status, wrong.json.message]).toEqual([
      400,
      'the API version in the data (batch/v1beta1) does not match the expected API version (batch/v1)',
    ]);
  });

  test('policy/v1beta1 PodDisruptionBudgets, whose empty selector selects nothing', async () => {
    const path = '/apis/policy/v1beta1/namespaces/default/poddisruptionbudgets';
    const created = await post(path, { metadata: { name: 'p' }, spec: { minAvailable: 1, selector: {} } });
    expect([created.status, created.json.spec]).toEqual([201, { minAvailable: 1, selector: {} }]);
    const { json } = await server.fetch('/apis/policy/v1/namespaces/default/poddisruptionbudgets/p');
    const key = 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match';
    expect(json.spec.selector).toEqual({ matchExpressions: [{ key, operator: 'Exists' }] });
    const changed = await patch(`${path}/p`, { spec: { minAvailable: '50%' } });
    expect(changed.json.metadata.generation).toBe(2);
  });
});

describe('discovery and OpenAPI', () => {
  test.each([
    ['autoscaling', 'autoscaling/v2', ['autoscaling/v2', 'autoscaling/v1']],
    ['batch', 'batch/v1', ['batch/v1', 'batch/v1beta1']],
    ['policy', 'policy/v1', ['policy/v1', 'policy/v1beta1']],
    ['events.k8s.io', 'events.k8s.io/v1', ['events.k8s.io/v1']],
  ])('%s prefers %s', async (group, preferred, versions) => {
    const { json } = await server.fetch(`/apis/${group}`);
    expect(json.preferredVersion.groupVersion).toBe(preferred);
    expect(json.versions.map(({ groupVersion }: { groupVersion: string }) => groupVersion)).toEqual(versions);
  });

  test('every version has its document', async () => {
    const { json } = await server.fetch('/openapi/v3/apis/batch/v1beta1');
    const schema = json.components.schemas['io.k8s.api.batch.v1beta1.CronJob'];
    expect(schema['x-kubernetes-group-version-kind']).toEqual([
      { group: 'batch', version: 'v1beta1', kind: 'CronJob' },
    ]);
    expect(json.paths).toHaveProperty('/apis/batch/v1beta1/namespaces/{namespace}/cronjobs');
    const v1 = (await server.fetch('/openapi/v3/apis/autoscaling/v1')).json.components.schemas;
    expect(v1['io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerSpec'].properties).toHaveProperty(
      'targetCPUUtilizationPercentage',
    );
    const events = (await server.fetch('/openapi/v3/apis/events.k8s.io/v1')).json.components.schemas;
    expect(events['io.k8s.api.events.v1.Event'].properties).toHaveProperty('regarding');
  });
});

describe.each(kubectlsOf(['1.27', '1.31', '1.32', '1.33']))('%s', (binary) => {
  const namespace = `k-${binary.slice(-4).replace('.', '-')}`;
  const kubectl = async (args: string): Promise<string> => {
    const { stdout, stderr, code } = await server.kubectl(['-n', namespace, ...args.split(' ')], { binary });
    expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
    return stdout;
  };

  test('makes and shows jobs, cron jobs, budgets and autoscalers', async () => {
    await server.kubectl(['create', 'namespace', namespace]);
    expect(await kubectl('create job j --image=i -- true')).toBe('job.batch/j created\n');
    expect(await kubectl('create cronjob c --image=i --schedule=@daily')).toBe('cronjob.batch/c created\n');
    expect(await kubectl('create job from --from=cronjob/c')).toBe('job.batch/from created\n');
    expect(await kubectl('create pdb p --selector=a=b --min-available=1')).toBe(
      'poddisruptionbudget.policy/p created\n',
    );
    await kubectl('create deployment d --image=i');
    expect(await kubectl('autoscale deployment d --max=3 --cpu-percent=60')).toBe(
      'horizontalpodautoscaler.autoscaling/d autoscaled\n',
    );
    expect(await kubectl('get jobs')).toMatch(
      /^NAME +STATUS +COMPLETIONS +DURATION +AGE\nfrom +Running +0\/1 +\d+s\nj /,
    );
    expect(await kubectl('get cj')).toMatch(
      /^NAME +SCHEDULE +TIMEZONE +SUSPEND +ACTIVE +LAST SCHEDULE +AGE\nc +@daily +<none> +False +0 +<none> +\d+s\n$/,
    );
    expect(await kubectl('get pdb')).toMatch(
      /^NAME +MIN AVAILABLE +MAX UNAVAILABLE +ALLOWED DISRUPTIONS +AGE\np +1 +N\/A +0 +\d+s\n$/,
    );
    expect(await kubectl('get hpa')).toMatch(
      /^NAME +REFERENCE +TARGETS +MINPODS +MAXPODS +REPLICAS +AGE\nd +Deployment\/d +cpu: <unknown>\/60% +1 +3 +0 +\d+s\n$/,
    );
    const all = await kubectl('get all');
    for (const name of [
      'deployment.apps/d',
      'horizontalpodautoscaler.autoscaling/d',
      'cronjob.batch/c',
      'job.batch/j',
    ]) {
      expect(all.split('\n').filter((line) => line.startsWith(`${name} `))).toHaveLength(1);
    }
    expect(
      await kubectl('get horizontalpodautoscalers.v1.autoscaling d -o jsonpath={.spec.targetCPUUtilizationPercentage}'),
    ).toBe('60');
    expect(await kubectl('describe hpa d')).toContain('resource cpu on pods  (as a percentage of request)');
    expect(await kubectl('describe pdb p')).toContain('Min available:');
    expect(await kubectl('describe cronjob c')).toContain('Concurrency Policy:');
    expect(await kubectl('get events.events.k8s.io -A')).toContain('REASON');
    expect(await kubectl('delete job,cronjob,pdb,hpa --all')).toContain('deleted');
  });
});

describe('managers of several versions', () => {
  const TARGET = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' };
  const apply = (base: string, name: string, manager: string, spec: object, query = '') =>
    server.fetch(`${base}/${name}?fieldManager=${manager}${query}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/apply-patch+yaml' },
      body: {
        apiVersion: base.includes('/v1/') ? 'autoscaling/v1' : 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name },
        spec,
      },
    });
  const cpu = (averageUtilization: number) => ({
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } }],
  });
  const managersOf = ({ json }: Answer) =>
    // biome-ignore lint/suspicious/noExplicitAny: entries of every shape.
    Object.fromEntries(json.metadata.managedFields.map((entry: any) => [entry.manager, entry]));

  test('what one owns in v1 is a conflict in v2, named as it is owned; force takes it', async () => {
    const spec = { scaleTargetRef: TARGET, maxReplicas: 5, targetCPUUtilizationPercentage: 50 };
    expect((await apply(V1, 'owned', 'one', spec)).status).toBe(201);
    const same = await apply(V2, 'owned', 'two', { scaleTargetRef: TARGET, maxReplicas: 5, ...cpu(50) });
    expect(same.status).toBe(200);
    const refused = await apply(V2, 'owned', 'three', { scaleTargetRef: TARGET, maxReplicas: 5, ...cpu(70) });
    expect(refused).toMatchObject({ status: 409, json: { reason: 'Conflict' } });
    expect(refused.json.details.causes.map(({ message, field }: Record<string, string>) => [message, field])).toEqual([
      ['conflict with "one"', '.spec.targetCPUUtilizationPercentage'],
      ['conflict with "two"', '.spec.metrics'],
    ]);
    const forced = await apply(
      V2,
      'owned',
      'three',
      { scaleTargetRef: TARGET, maxReplicas: 5, ...cpu(70) },
      '&force=true',
    );
    expect(forced.status).toBe(200);
    const { one, two, three } = managersOf(forced);
    expect(one).toMatchObject({ apiVersion: 'autoscaling/v1', fieldsV1: { 'f:spec': { 'f:maxReplicas': {} } } });
    expect(one.fieldsV1['f:spec']).not.toHaveProperty('f:targetCPUUtilizationPercentage');
    expect(two.fieldsV1['f:spec']).not.toHaveProperty('f:metrics');
    expect(three).toMatchObject({ apiVersion: 'autoscaling/v2', fieldsV1: { 'f:spec': { 'f:metrics': {} } } });
  });

  test('an update in v2 takes what an applier owned in v1', async () => {
    const spec = { scaleTargetRef: TARGET, maxReplicas: 5, targetCPUUtilizationPercentage: 50 };
    await apply(V1, 'updated', 'one', spec);
    const patched = await server.fetch(`${V2}/updated?fieldManager=editor`, {
      method: 'PATCH',
      headers: MERGE,
      body: { spec: cpu(60) },
    });
    expect(managersOf(patched).one.fieldsV1['f:spec']).not.toHaveProperty('f:targetCPUUtilizationPercentage');
    const refused = await apply(V1, 'updated', 'one', spec);
    expect(refused.json.message).toBe(
      'Apply failed with 1 conflict: conflict with "editor" using autoscaling/v2: .spec.metrics',
    );
  });

  test('an applier that moves on to v2 keeps its fields, and gives up what it applied in v1 alone', async () => {
    const spec = { scaleTargetRef: TARGET, minReplicas: 2, maxReplicas: 5, targetCPUUtilizationPercentage: 50 };
    await apply(V1, 'moved', 'mover', spec);
    await apply(V1, 'moved', 'keeper', { scaleTargetRef: TARGET, maxReplicas: 5, targetCPUUtilizationPercentage: 50 });
    const moved = await apply(V2, 'moved', 'mover', { scaleTargetRef: TARGET, maxReplicas: 5 });
    expect(moved.status).toBe(200);
    expect(moved.json.spec).toEqual({ scaleTargetRef: TARGET, minReplicas: 1, maxReplicas: 5, ...cpu(50) });
    expect(managersOf(moved).mover).toMatchObject({ operation: 'Apply', apiVersion: 'autoscaling/v2' });
    expect(moved.json.metadata.managedFields).toHaveLength(2);
  });

  test('events are owned under the names of the group that wrote them', async () => {
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'owned' },
      involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' },
      reason: 'Tested',
      message: 'first',
      type: 'Normal',
    };
    const applyEvent = (base: string, manager: string, body: unknown) =>
      server.fetch(`${base}/owned?fieldManager=${manager}`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/apply-patch+yaml' },
        body,
      });
    expect((await applyEvent(CORE_EVENTS, 'one', event)).status).toBe(201);
    const other = { apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata: { name: 'owned' }, note: 'second' };
    expect((await applyEvent(EVENTS, 'two', other)).json.message).toBe(
      'Apply failed with 1 conflict: conflict with "one": .message',
    );
  });
});

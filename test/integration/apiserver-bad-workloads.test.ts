import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningApiserver, startApiserver } from './apiserver-fixture.js';
import { badApps } from './bad-manifests/bad-apps.js';
import { badAutoscalers } from './bad-manifests/bad-autoscalers.js';
import { badControllers } from './bad-manifests/bad-controllers.js';
import { badCronJobs } from './bad-manifests/bad-cron-jobs.js';
import { badJobs } from './bad-manifests/bad-jobs.js';
import { type BadManifestsByKind, type Cause, type Changes, changed } from './bad-manifests/bad-manifest.js';

/** Manifests of workloads that Kubernetes refuses, each with every cause in Kubernetes' words. */

let etcd: EtcdProcess;
let server: RunningApiserver;

beforeAll(async () => {
  etcd = await startEtcd();
  server = await startApiserver({ etcd: etcd.endpoint });
});

afterAll(async () => {
  await server?.stop();
  await etcd?.stop();
});

const KINDS: BadManifestsByKind = { ...badApps, ...badControllers, ...badJobs, ...badCronJobs, ...badAutoscalers };

describe.each(Object.entries(KINDS))('a %s', (_kind, { path, kind, manifest, cases }) => {
  test('that is right is taken', async () => {
    const { status, json } = await server.fetch(path, { method: 'POST', body: manifest });
    expect([status, json.message]).toEqual([201, undefined]);
  });

  const named = cases.map(([what, changes, ...causes]) => ({ what, changes, causes }));
  test.each(named)('with $what is refused', async ({ changes, causes }) => {
    const body = changed(manifest, changes);
    const { status, json } = await server.fetch(`${path}?dryRun=All`, { method: 'POST', body });
    const refused = json.details?.causes?.map(({ field, message }: Record<string, string>) => [field, message]);
    expect([status, json.reason, refused]).toEqual([422, 'Invalid', causes]);
    expect(json.message).toMatch(new RegExp(`^${kind.replace('.', '\\.')} ".*" is invalid: `));
  });
});

describe('an update', () => {
  const update = async (kind: string, changes: Changes) => {
    const { path, manifest } = KINDS[kind] ?? { path: '', manifest: {} };
    const name = manifest.metadata.name;
    const { json: present } = await server.fetch(`${path}/${name}`);
    const { status, json } = await server.fetch(`${path}/${name}?dryRun=All`, {
      method: 'PUT',
      body: changed(present, changes),
    });
    const causes = json.details?.causes?.map(({ field, message }: Record<string, string>) => [field, message]);
    return [status, json.reason, ...(causes ?? [])];
  };

  test.each<[string, Changes, Cause]>([
    [
      'StatefulSet',
      { 'spec.serviceName': 'other' },
      [
        'spec',
        "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ],
    ],
    [
      'DaemonSet',
      {
        'spec.selector': { matchLabels: { app: 'y' } },
        'spec.template.metadata.labels': { app: 'y' },
      },
      ['spec.selector', 'Invalid value: {"matchLabels":{"app":"y"}}: field is immutable'],
    ],
    ['Job', { 'spec.completions': 7 }, ['spec.completions', 'Invalid value: 7: field is immutable']],
    [
      'Job',
      { 'spec.completionMode': 'Indexed' },
      ['spec.completionMode', 'Invalid value: "Indexed": field is immutable'],
    ],
    ['ControllerRevision', { data: { other: 1 } }, ['data', 'Invalid value: {"other":1}: field is immutable']],
  ])('of a %s may not change %j', async (kind, changes, cause) => {
    expect(await update(kind, changes)).toEqual([422, 'Invalid', [...cause]]);
  });

  test('of a Job may not change its pods', async () => {
    const [status, , cause] = await update('Job', { 'spec.template.spec.priorityClassName': 'x' });
    expect([status, cause]).toEqual([422, ['spec.template', expect.stringMatching(/: field is immutable$/)]]);
  });

  test('of a PodDisruptionBudget names the version that it is of', async () => {
    expect(await update('PodDisruptionBudget', { 'metadata.resourceVersion': undefined })).toEqual([
      422,
      'Invalid',
      ['metadata.resourceVersion', 'Invalid value: 0x0: must be specified for an update'],
    ]);
  });

  test.each<[string, Changes]>([
    ['StatefulSet', { 'spec.revisionHistoryLimit': 3, 'spec.replicas': 4, 'spec.template.metadata.labels.more': 'x' }],
    ['CronJob', { 'spec.schedule': '@hourly' }],
    ['ReplicationController', { 'spec.replicas': 0 }],
    ['Job', { 'spec.suspend': true, 'spec.parallelism': 3 }],
  ])('of a %s may change %j', async (kind, changes) => {
    expect(await update(kind, changes)).toEqual([200, undefined]);
  });
});

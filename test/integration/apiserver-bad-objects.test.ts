import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningApiserver, startApiserver } from './apiserver-fixture.js';
import { type BadManifestsByKind, changed } from './bad-manifests/bad-manifest.js';
import { badObjects } from './bad-manifests/bad-objects.js';
import { badPods } from './bad-manifests/bad-pods.js';
import { badServices } from './bad-manifests/bad-services.js';
import { invalidStatus } from './bad-manifests/invalid-status.js';

/** Manifests of the core kinds that Kubernetes refuses, each with the whole Status that it answers. */

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

const KINDS: BadManifestsByKind = { ...badPods, ...badServices, ...badObjects };

describe.each(Object.entries(KINDS))('a %s', (_kind, { path, kind, manifest, cases }) => {
  test('that is right is taken', async () => {
    const { status, json } = await server.fetch(`${path}?dryRun=All`, { method: 'POST', body: manifest });
    expect([status, json.reason === 'Invalid']).toEqual([201, false]);
  });

  const named = cases.map(([what, changes, ...causes]) => ({ what, changes, causes }));
  test.each(named)('with $what is refused', async ({ changes, causes }) => {
    const body = changed(manifest, changes);
    const { status, json } = await server.fetch(`${path}?dryRun=All`, { method: 'POST', body });
    expect(json).toEqual(invalidStatus(kind, body.metadata.name, causes as [string, string][]));
    expect(status).toBe(422);
  });
});

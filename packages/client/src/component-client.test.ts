import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHealthChecks, createMetrics, createTracer } from '@kubelab/runtime';
import { createCertificateAuthority, issueCertificate, writeKeyPair } from '@kubelab/runtime/certificates';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createComponentClient, createElectionClient } from './component-client.js';

let directory: string;
const files = { caFile: '', certFile: '', keyFile: '' };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kubelab-component-client-'));
  const authority = await createCertificateAuthority({ commonName: 'ca' });
  const pair = await issueCertificate(authority, { commonName: 'system:kube-scheduler', usages: ['client'] });
  files.caFile = (await writeKeyPair(directory, 'ca', authority)).certFile;
  Object.assign(files, await writeKeyPair(directory, 'scheduler', pair));
});
afterAll(() => rm(directory, { recursive: true }));

function context() {
  return {
    log: pino({ level: 'silent' }),
    metrics: createMetrics('scheduler', ''),
    tracer: createTracer({ component: 'scheduler' }),
    health: createHealthChecks(),
  };
}

it('opens nothing, and keeps the component from being ready until it is connected', async () => {
  const given = context();
  const client = await createComponentClient({ apiserver: ['127.0.0.1:1'], ...files }, given, 'scheduler');
  expect(client.connected).toBe(false);
  given.health.complete();
  expect(await given.health.run('ready')).toMatchObject([
    { name: 'apiserver', error: { message: expect.stringContaining('not connected') } },
  ]);
  expect(await given.health.run('live')).toEqual([]);
  await client.close();
});

it('gives leader election a connection of its own, on which readiness does not depend', async () => {
  const given = context();
  const client = await createElectionClient({ apiserver: ['127.0.0.1:1'], ...files }, given, 'scheduler');
  given.health.complete();
  expect([client.connected, await given.health.run('ready')]).toEqual([false, []]);
  await client.close();
});

it('names the file that it cannot read', async () => {
  const keyFile = join(directory, 'missing.key');
  const options = { apiserver: ['127.0.0.1:1'], ...files, keyFile };
  await expect(createComponentClient(options, context(), 'scheduler')).rejects.toThrow(keyFile);
});

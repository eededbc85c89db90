import { resourceTable } from '@kubelab/api';
import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningApiserver, startApiserver } from './apiserver-fixture.js';
import { KIND_MANIFESTS } from './policy-kind-manifests.js';
import { REFUSED_MANIFESTS } from './policy-kinds-refused.js';

/** Storage, network, access control, quota and scheduling: each kind through real kubectl, and what is refused. */

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

/** Runs kubectl and expects that it succeeds without a word of complaint. */
async function kubectl(args: readonly string[], stdin?: string): Promise<string> {
  const { stdout, stderr, code } = await server.kubectl(args, stdin === undefined ? {} : { stdin });
  expect(stderr, args.join(' ')).toBe('');
  expect(code, args.join(' ')).toBe(0);
  return stdout;
}

/** A row without ages, times and the space between columns. */
function withoutTimes(line: string): string {
  return line
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/, '')
    .replace(/(?<= {2,})\d+s(?= |$)/, '')
    .trim()
    .replace(/ +/g, ' ');
}

describe.each(KIND_MANIFESTS)('$resource', ({ resource, name, manifest, header, row }) => {
  test('is created, printed in full width, applied, explained and deleted', async () => {
    const text = JSON.stringify(manifest);
    expect(await kubectl(['create', '-f', '-'], text)).toContain(`/${name} created`);
    const [head = '', line = ''] = (await kubectl(['get', resource, name, '-o', 'wide'])).split('\n');
    expect(head.trim().replace(/ {2,}/g, ' ')).toBe(header);
    expect(withoutTimes(line)).toBe(row);
    const read = await kubectl(['get', resource, name, '-o', 'json']);
    expect(JSON.parse(read)).toMatchObject({ kind: manifest.kind, metadata: { name } });
    expect(await kubectl(['replace', '-f', '-'], read)).toContain(`/${name} replaced`);
    expect(await kubectl(['explain', resource])).toContain(`KIND:       ${manifest.kind}`);
    expect(await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], text)).toContain(
      'serverside-applied',
    );
    // Volumes and claims stay until the controller that protects them lets them go.
    expect(await kubectl(['delete', resource, name, '--wait=false'])).toContain('deleted');
  });
});

test.each(REFUSED_MANIFESTS)('$kind: $what', async ({ kind, manifest, field, reason, message }) => {
  const resource = resourceTable.find((one) => one.kind === kind);
  if (resource === undefined) throw new Error(`no kind ${kind}`);
  const { group, version, plural, namespaced } = resource;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const path = `${root}${namespaced ? '/namespaces/default' : ''}/${plural}`;
  const { status, json } = await server.fetch(path, { method: 'POST', body: manifest });
  expect(json).toMatchObject({ kind: 'Status', status: 'Failure', reason: 'Invalid', code: 422 });
  expect(status).toBe(422);
  expect(json.details).toMatchObject({ kind, causes: expect.arrayContaining([{ reason, field, message }]) });
});

test('the table of refused manifests has several of each kind', () => {
  expect(REFUSED_MANIFESTS.length).toBeGreaterThanOrEqual(110);
  const kinds = new Set(REFUSED_MANIFESTS.map(({ kind }) => kind));
  expect([...kinds].sort()).toEqual([...new Set(KIND_MANIFESTS.map(({ manifest }) => String(manifest.kind)))].sort());
});

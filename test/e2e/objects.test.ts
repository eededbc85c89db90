import { existsSync } from 'node:fs';
import { ensureImages, kubectlsOf } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask } from './admin-client.js';
import { BAD_MANIFESTS } from './bad-manifests.js';
import { Kubectl } from './kubectl.js';
import { containersWith, eventually, TestCluster } from './kubelab-command.js';
import { shellPod, untilReady } from './pods.js';
import { removeCluster } from './remove-cluster.js';
import { uniqueName } from './unique-name.js';

// What the cluster refuses, and how objects go: with their dependents, without
// them, and with their namespace.

const cluster = new TestCluster(uniqueName('e2e-objects'));
const kubectl = new Kubectl(cluster.kubeconfig, 'kubectl', 'default');

beforeAll(async () => {
  await ensureImages(['pause', 'busybox']);
  await cluster.must('up', '--nodes=1');
});

afterAll(async () => {
  await removeCluster(cluster);
});

/** A pod without a grace period is gone from the API before its node has ended it. */
async function untilNoContainers(part: string): Promise<void> {
  await eventually(`no container of ${part} is left`, async () => {
    const names = await containersWith(`kubelab.cluster=${cluster.name}`);
    return names.some((name) => name.includes(part)) ? undefined : true;
  });
}

test('another state directory for a cluster of this name is refused, and nothing is touched', async () => {
  const other = new TestCluster(cluster.name);
  for (const command of ['up', 'down', 'status']) {
    const { code, stderr } = await other.kubelab(command);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining(cluster.stateDir) });
  }
  expect(existsSync(other.stateDir)).toBe(false);
  await removeCluster(other);
  expect(await kubectl.must('get', 'nodes', '-o', 'name')).toBe('node/node1');
});

describe('bad input', () => {
  const post = (to: string, manifest: object | string) => {
    const [, group, plural] = /^(.*)\/([a-z]+)$/.exec(to) ?? [];
    const query = 'fieldValidation=Strict';
    return ask(cluster, 'POST', `/${group}/namespaces/bad-input/${plural}?${query}`, manifest);
  };

  beforeAll(async () => {
    await kubectl.must('create', 'namespace', 'bad-input');
    await eventually('its ServiceAccount', () => kubectl.in('bad-input').must('get', 'serviceaccount', 'default'));
  });

  test.each(BAD_MANIFESTS)(
    '$what is refused',
    async ({ to = 'api/v1/pods', manifest, status, reason, field, says }) => {
      const answer = await post(to, manifest);
      expect(answer).toMatchObject({ status, body: { kind: 'Status', reason } });
      const causes = answer.body.details?.causes?.map((cause) => cause.field) ?? [];
      if (field !== undefined) expect([...causes, answer.body.message].join('\n')).toContain(field);
      if (says !== undefined) expect(answer.body.message).toContain(says);
    },
  );

  test.each(['kubectl', ...kubectlsOf(['1.27', '1.33'])])('%s says the reason and the path', async (binary) => {
    const own = new Kubectl(cluster.kubeconfig, binary, 'bad-input');
    const refused = async (manifest: object): Promise<string> => {
      const outcome = await own.run(['create', '--validate=false', '-f', '-'], { stdin: JSON.stringify(manifest) });
      expect(outcome.code).toBe(1);
      return outcome.stderr;
    };
    const pod = shellPod('bad', 'true');
    expect(await refused({ ...pod, spec: { ...pod.spec, restartPolicy: 'Often' } })).toMatch(
      /^The Pod "bad" is invalid: \n?\*? ?spec\.restartPolicy: Unsupported value: "Often": supported values: /m,
    );
    expect(await refused({ ...pod, spec: { containers: {} } })).toMatch(
      /^Error from server \(BadRequest\): .*spec\.containers/,
    );
    const typo = JSON.stringify({ ...pod, spec: { ...pod.spec, replicas: 1 } });
    const strict = await own.run(['create', '-f', '-'], { stdin: typo });
    expect(strict).toMatchObject({ code: 1, stdout: '' });
    // Older ones look into the OpenAPI schema themselves.
    expect(strict.stderr).toMatch(/unknown field "(spec\.)?replicas"/);
  });

  test('nothing of it is stored', async () => {
    const stored = await kubectl.in('bad-input').must('get', 'pods,deployments,rs,services,secrets', '-o', 'name');
    expect(stored).toBe('');
    expect(await kubectl.in('bad-input').must('get', 'configmaps', '-o', 'name')).toBe('configmap/kube-root-ca.crt');
  });
});

describe('deletion', () => {
  const own = kubectl.in('deletion');
  const names = async (kind: string): Promise<string[]> =>
    (await own.must('get', kind, '-o', 'name')).split('\n').filter((line) => line !== '');

  const deploy = async (name: string): Promise<void> => {
    const { metadata, spec: podSpec } = shellPod(name, 'exec sleep 3600');
    const template = { metadata: { labels: metadata?.labels }, spec: podSpec };
    const spec = { replicas: 2, selector: { matchLabels: { app: name } }, template };
    await own.apply({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec });
    await own.must('rollout', 'status', `deployment/${name}`, '--timeout=60s');
  };

  beforeAll(async () => {
    await kubectl.must('create', 'namespace', 'deletion');
  });

  test('in the background, the default: dependents go afterwards, containers too', async () => {
    await deploy('background');
    await own.must('delete', 'deployment', 'background');
    await eventually('ReplicaSets and pods are gone', async () =>
      (await names('rs,pods')).length === 0 ? true : undefined,
    );
    await untilNoContainers('background');
  });

  test('in the foreground: the owner goes last', async () => {
    await deploy('foreground');
    const watching = own.start('get', 'deployments,rs', '-w', '--output-watch-events', '-o', 'name');
    await own.must('delete', 'deployment', 'foreground', '--cascade=foreground');
    // kubectl waits for the Deployment itself, which waits for all that it owns.
    expect(await names('deployments,rs,pods')).toEqual([]);
    await watching.stop();
    await untilNoContainers('foreground');
  });

  test('orphaned: dependents stay, without an owner, and a Deployment of the same selector adopts them', async () => {
    await deploy('orphan');
    const pods = await names('pods');
    await own.must('delete', 'deployment', 'orphan', '--cascade=orphan');
    const [set = ''] = await names('rs');
    expect(set).toMatch(/^replicaset\.apps\/orphan-/);
    expect(await own.jsonPath('{.metadata.ownerReferences}', set)).toBe('');
    expect(await names('pods')).toEqual(pods);
    await deploy('orphan');
    expect(await names('rs')).toEqual([set]);
    expect(await own.jsonPath('{.metadata.ownerReferences[0].kind}', set)).toBe('Deployment');
    expect(await names('pods')).toEqual(pods);
  });

  test('an object with a finalizer waits for whoever put it there', async () => {
    const metadata = { name: 'held', finalizers: ['example.com/hold'] };
    await own.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
    await own.must('delete', 'configmap', 'held', '--wait=false');
    expect(await own.jsonPath('{.metadata.deletionTimestamp}', 'configmap', 'held')).toMatch(/^\d{4}-/);
    await own.must(
      'patch',
      'configmap',
      'held',
      '--type=json',
      '-p',
      '[{"op":"remove","path":"/metadata/finalizers"}]',
    );
    expect((await own.run(['get', 'configmap', 'held'])).stderr).toContain('NotFound');
  });

  test('a namespace goes with everything in it', async () => {
    await own.apply(shellPod('last', 'exec sleep 3600'));
    await own.must('create', 'secret', 'generic', 'last', '--from-literal=a=b');
    await own.must('create', 'service', 'clusterip', 'last', '--tcp=80');
    await untilReady(own, 'last');
    await kubectl.must('delete', 'namespace', 'deletion', '--wait=false');
    const refused = await own.run(['create', 'configmap', 'late']);
    expect(refused.stderr).toMatch(
      /forbidden: unable to create new content in namespace deletion because it is being terminated|NotFound/,
    );
    await kubectl.must('wait', '--for=delete', 'namespace/deletion', '--timeout=60s');
    await untilNoContainers('_deletion_');
    const left = await Promise.all(
      ['pods', 'secrets', 'services', 'endpoints', 'events', 'configmaps', 'serviceaccounts'].map((plural) =>
        ask(cluster, 'GET', `/api/v1/namespaces/deletion/${plural}`),
      ),
    );
    expect(left.flatMap(({ body }) => body.items ?? [])).toEqual([]);
  });
});

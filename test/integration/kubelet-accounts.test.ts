import { IMAGES } from '@kubelab/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, type KubeletCluster, startKubeletCluster, type TestNode } from './kubelet-fixture.js';

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

let cluster: KubeletCluster;
let node: TestNode;

beforeAll(async () => {
  cluster = await startKubeletCluster(['--enable-admission-plugins=ServiceAccount']);
  node = await cluster.addReadyNode('node-1', '10.244.7.0/24');
  await cluster.create('serviceaccounts', { metadata: { name: 'default' } }, { metadata: { name: 'own' } });
  await cluster.create('configmaps', { metadata: { name: 'kube-root-ca.crt' }, data: { 'ca.crt': 'the authority' } });
});

afterAll(async () => {
  await cluster?.stop();
});

function podOn(name: string, spec: object = {}, container: object = {}) {
  const main = { name: 'main', image: IMAGES.busybox, command: ['sleep', '3600'], ...container };
  return {
    metadata: { name },
    spec: { nodeName: node.name, terminationGracePeriodSeconds: 0, containers: [main], ...spec },
  };
}

const running = (name: string) =>
  eventually(`${name} runs`, async () => (await cluster.pod(name))?.status?.containerStatuses?.[0]?.state?.running);

test('a pod finds its account, and is it', async () => {
  await cluster.create('pods', podOn('caller', { serviceAccountName: 'own' }));
  await running('caller');
  const read = (file: string) => cluster.kubectl('exec', 'caller', '--', 'cat', `${ACCOUNT}/${file}`);
  expect(await read('ca.crt')).toBe('the authority');
  expect(await read('namespace')).toBe('default');
  const token = await read('token');
  const { json } = await cluster.api.fetch('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
    method: 'POST',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    headers: { authorization: `Bearer ${token}` },
    identity: null,
  });
  expect(json.status.userInfo).toMatchObject({
    username: 'system:serviceaccount:default:own',
    extra: { 'authentication.kubernetes.io/pod-name': ['caller'] },
  });
  expect(await cluster.kubectl('exec', 'caller', '--', 'stat', '-L', '-c', '%a', `${ACCOUNT}/token`)).toBe('644\n');
});

test('the token is only for the user that a pod runs as, where there is one', async () => {
  await cluster.create('pods', podOn('private', { securityContext: { runAsUser: 1234, fsGroup: 77 } }));
  await running('private');
  const stat = await cluster.kubectl('exec', 'private', '--', 'stat', '-L', '-c', '%a %u %g', `${ACCOUNT}/token`);
  expect(stat).toBe('640 1234 77\n');
  expect(await cluster.kubectl('exec', 'private', '--', 'cat', `${ACCOUNT}/token`)).toMatch(/^ey/);
});

test('a pod that wants none gets none', async () => {
  await cluster.create('pods', podOn('without', { automountServiceAccountToken: false }));
  await running('without');
  expect((await cluster.pod('without'))?.spec?.volumes).toBeUndefined();
  const absent = await cluster.api.fetch('/api/v1/namespaces/default/pods', {
    method: 'POST',
    body: podOn('nobody', { serviceAccountName: 'nobody' }),
  });
  expect(absent.json.message).toBe(
    'pods "nobody" is forbidden: error looking up service account default/nobody: serviceaccount "nobody" not found',
  );
});

test('an ephemeral container looks into a pod that runs', async () => {
  await cluster.create('pods', podOn('looked-at', {}, { command: ['sh', '-c', 'echo started; exec sleep 3599'] }));
  await running('looked-at');
  const { stdout, stderr, code } = await cluster.api.kubectl([
    'debug',
    'looked-at',
    `--image=${IMAGES.busybox}`,
    '--container=debugger',
    '--target=main',
    '--',
    'sh',
    '-c',
    'ps -o args; while [ ! -e /stop ]; do sleep 1; done',
  ]);
  expect({ code, text: stdout + stderr }).toMatchObject({ code: 0 });
  const status = await eventually('the debugger runs', async () => {
    const [first] = (await cluster.pod('looked-at'))?.status?.ephemeralContainerStatuses ?? [];
    return first?.state?.running ? first : undefined;
  });
  expect(status).toMatchObject({ name: 'debugger', ready: false, restartCount: 0 });
  // It sees the processes of its target.
  await eventually('its log', async () => {
    const log = await cluster.kubectl('logs', 'looked-at', '--container=debugger');
    return log.includes('sleep 3599') ? log : undefined;
  });
  expect(await cluster.kubectl('exec', 'looked-at', '--container=debugger', '--', 'echo', 'hello')).toBe('hello\n');
  // It is not started again once it has ended, and the pod goes on.
  await cluster.kubectl('exec', 'looked-at', '--container=debugger', '--', 'touch', '/stop');
  const ended = await eventually('the debugger has ended', async () => {
    const [first] = (await cluster.pod('looked-at'))?.status?.ephemeralContainerStatuses ?? [];
    return first?.state?.terminated ? first : undefined;
  });
  expect(ended.restartCount).toBe(0);
  expect((await cluster.pod('looked-at'))?.status?.phase).toBe('Running');
});

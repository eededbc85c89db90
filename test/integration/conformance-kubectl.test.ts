import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningApiserver, startApiserver } from './apiserver-fixture.js';

/** [sig-cli] of Kubernetes 1.34's conformance tests, as far as no container need run for them. */

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

async function kubectl(args: string, stdin?: unknown): Promise<string> {
  const options = stdin === undefined ? {} : { stdin: JSON.stringify(stdin) };
  const { stdout, stderr, code } = await server.kubectl(args.split(' '), options);
  expect(code, `${args}: ${stderr}`).toBe(0);
  return stdout;
}

const labels = { app: 'agnhost', role: 'primary' };
const agnhost = {
  name: 'agnhost-primary',
  image: 'agnhost:2',
  ports: [{ name: 'agnhost-server', containerPort: 6379 }],
};

test('api-versions, cluster-info and version', async () => {
  expect((await kubectl('api-versions')).split('\n')).toContain('v1');
  expect(await kubectl('cluster-info')).toContain('Kubernetes control plane');
  const { serverVersion } = JSON.parse(await kubectl('version -o json'));
  for (const field of ['major', 'minor', 'gitVersion', 'buildDate', 'platform'])
    expect(serverVersion[field], field).toMatch(/.+/);
  expect(serverVersion.gitCommit).toMatch(/^[0-9a-f]+$/);
  for (const field of ['gitTreeState', 'goVersion', 'compiler'])
    expect(serverVersion[field], field).toBeTypeOf('string');
});

test('describes controllers, pods, services, nodes and namespaces', async () => {
  await kubectl('create -f -', {
    apiVersion: 'v1',
    kind: 'ReplicationController',
    metadata: { name: 'agnhost-primary', labels },
    spec: { replicas: 1, selector: labels, template: { metadata: { labels }, spec: { containers: [agnhost] } } },
  });
  await kubectl('create -f -', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'primary', labels },
    spec: { containers: [agnhost] },
  });
  await kubectl('create -f -', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } });
  const says = async (what: string, ...parts: (string | RegExp)[]) => {
    const output = await kubectl(`describe ${what}`);
    for (const part of parts) expect(output).toMatch(part);
  };
  await says(
    'pod primary',
    /Name: +primary/,
    /Namespace: +default/,
    /Labels: +app=agnhost\n +role=primary/,
    'Image:',
    /State:|Status:/,
    'QoS Class:',
  );
  await says(
    'rc agnhost-primary',
    /Name: +agnhost-primary/,
    /Selector: +app=agnhost,role=primary/,
    /Replicas: +0 current \/ 1 desired/,
    /Pods Status:/,
    'Pod Template:',
  );
  await says('node node-1', 'Name:', 'Labels:', 'Annotations:', 'CreationTimestamp', 'Unschedulable:');
  await says('namespace default', /Name: +default/, /Status: +Active/);
});

test('exposes a controller, and that service again', async () => {
  await kubectl('expose rc agnhost-primary --name=rm2 --port=1234 --target-port=6379');
  await kubectl('expose service rm2 --name=rm3 --port=2345 --target-port=6379');
  for (const [name, port] of [
    ['rm2', 1234],
    ['rm3', 2345],
  ]) {
    const { spec } = JSON.parse(await kubectl(`get service ${name} -o json`));
    expect(spec).toMatchObject({ ports: [{ port, targetPort: 6379 }], selector: labels });
  }
});

test('labels and annotates', async () => {
  await kubectl('label pods primary testing-label=testing-label-value');
  expect(await kubectl('get pod primary -L testing-label')).toContain('testing-label-value');
  await kubectl('label pods primary testing-label-');
  expect(await kubectl('get pod primary -L testing-label')).not.toContain('testing-label-value');
  await server.kubectl(['patch', 'pod', 'primary', '-p', '{"metadata":{"annotations":{"x":"y"}}}']);
  expect(await kubectl('get pod primary -o jsonpath={.metadata.annotations.x}')).toBe('y');
});

test('runs a pod, replaces its image, and only tries to', async () => {
  await kubectl('run e2e-test-httpd-pod --image=httpd:1 --labels=run=e2e-test-httpd-pod');
  const pod = JSON.parse(await kubectl('get pod e2e-test-httpd-pod -o json'));
  expect(pod.spec.containers).toMatchObject([{ image: 'httpd:1' }]);
  pod.spec.containers[0].image = 'busybox:1';
  await kubectl('replace -f -', pod);
  const image = () => kubectl('get pod e2e-test-httpd-pod -o jsonpath={.spec.containers[0].image}');
  expect(await image()).toBe('busybox:1');
  const patch = '{"spec":{"containers":[{"name":"e2e-test-httpd-pod","image":"other:1"}]}}';
  const { code } = await server.kubectl(['patch', 'pod', 'e2e-test-httpd-pod', '-p', patch, '--dry-run=server']);
  expect(code).toBe(0);
  expect(await image()).toBe('busybox:1');
  await kubectl('run never --image=httpd:1 --restart=Never');
  expect(await kubectl('get pod never -o jsonpath={.spec.restartPolicy}')).toBe('Never');
});

test('finds the difference of a Deployment', async () => {
  const deployment = (image: string) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'httpd-deployment' },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'httpd' } },
      template: { metadata: { labels: { app: 'httpd' } }, spec: { containers: [{ name: 'httpd', image }] } },
    },
  });
  await kubectl('create -f -', deployment('httpd:1'));
  const stdin = JSON.stringify(deployment('busybox:1'));
  const { stdout, code } = await server.kubectl(['diff', '-f', '-'], { stdin });
  expect(code).toBe(1);
  expect(stdout).toMatch(/-.*image: httpd:1\n\+.*image: busybox:1/);
});

const SOCKET = join(tmpdir(), `kubelab-proxy-${process.pid}.sock`);

test.each([
  ['a port of its own choice', () => '--port=0'],
  ['a socket', () => `--unix-socket=${SOCKET}`],
])('proxies by %s', async (_, flag) => {
  const child = spawn('kubectl', ['--kubeconfig', server.kubeconfig, 'proxy', flag(), '--disable-filter'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const address = line.replace(/^Starting to serve on /, '');
    const [host = '', port = ''] = address.split(':');
    const outgoing = request({ ...(port ? { host, port } : { socketPath: address }), path: '/api/' });
    outgoing.end();
    const [response] = await once(outgoing, 'response');
    expect(JSON.parse(await text(response)).versions).toEqual(['v1']);
  } finally {
    child.kill();
    await once(child, 'exit');
    // kubectl leaves it where it is.
    await rm(SOCKET, { force: true });
  }
});

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Endpoints, Pod } from '@kubelab/api';
import { ensureImages, kubectlsOf } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findLeftovers, takeFootprint } from './footprint.js';
import { Kubectl } from './kubectl.js';
import { containersWith, eventually, TestCluster } from './kubelab-command.js';
import { listeningPorts } from './listening-sockets.js';
import { removeCluster } from './remove-cluster.js';
import { get } from './steady-load.js';
import { COLUMNS, openTerminal, ROWS } from './terminal.js';
import { uniqueName } from './unique-name.js';

// The two files that kubelab is first tried with, from the apply to the end of
// the cluster, as its user goes about it.

const NAMESPACE = 'rds2024test';
const NODE_PORT = 32080;
const NODES = ['node1', 'node2', 'node3'];
const KUBECTLS = ['kubectl', ...kubectlsOf(['1.27', '1.33'])];

const cluster = new TestCluster(uniqueName('e2e-examples'));
const kubectl = new Kubectl(cluster.kubeconfig, 'kubectl', NAMESPACE);
const logs = mkdtempSync(join(tmpdir(), 'kubelab-e2e-logs-'));

/** With a directory of this test's in the place of /u01. */
function example(file: string): string {
  const path = fileURLToPath(new URL(`../../deploy/examples/${file}`, import.meta.url));
  return readFileSync(path, 'utf8').replace('/u01/kube/logs', join(logs, 'kube'));
}

async function applyExamples(): Promise<void> {
  for (const file of ['namespace.yaml', 'nginx.yaml', 'nginx_s.yaml']) await kubectl.apply(example(file));
  await kubectl.must('rollout', 'status', 'deployment/nginx-test', '--timeout=60s');
}

async function pods(): Promise<Pod[]> {
  return (await kubectl.get<{ items: Pod[] }>('pods', '-l', 'app=nginx')).items;
}

async function firstPod(): Promise<Pod> {
  const [pod] = await pods();
  if (!pod) throw new Error('there is no pod');
  return pod;
}

const nodeAddresses = async (): Promise<string[]> =>
  (await cluster.status()).filter(({ component }) => component === 'node').map(({ address }) => address);

beforeAll(async () => {
  await ensureImages(['pause', 'nginx', 'busybox']);
  await cluster.must('up', '--nodes=3');
  await applyExamples();
});

afterAll(async () => {
  await removeCluster(cluster);
  rmSync(logs, { recursive: true, force: true });
});

describe('nginx, three times', () => {
  test('one pod runs on each node', async () => {
    const running = await pods();
    expect(running.map(({ status }) => status?.phase)).toEqual(['Running', 'Running', 'Running']);
    expect(running.map(({ spec }) => spec?.nodeName).sort()).toEqual(NODES);
    expect(new Set(running.map(({ status }) => status?.podIP)).size).toBe(3);
  });

  test('it answers on every node, on a port that nothing listens on', async () => {
    for (const address of await nodeAddresses()) {
      const url = `http://${address}:${NODE_PORT}`;
      expect(await eventually(`${url} answers`, () => get(url), 10_000)).toContain('nginx');
    }
    expect([...listeningPorts('self')]).not.toContain(NODE_PORT);
    for (const node of NODES) expect([...listeningPorts(cluster.pid(`proxy/${node}`))]).not.toContain(NODE_PORT);
  });

  test('each pod logs into a directory on its node that has its name', async () => {
    const names = (await pods()).map(({ metadata }) => metadata?.name).sort();
    expect(readdirSync(join(logs, 'kube')).sort()).toEqual(names);
    for (const name of names) expect(readdirSync(join(logs, 'kube', name ?? ''))).toContain('access.log');
    const requests = names.map((name) => readFileSync(join(logs, 'kube', name ?? '', 'access.log'), 'utf8'));
    expect(requests.join('')).toContain('GET / HTTP/1.1');
  });

  test('the Service has the pods’ addresses', async () => {
    const endpoints = await kubectl.get<Endpoints>('endpoints', 'nginx-svc');
    const addresses = endpoints.subsets?.flatMap((subset) => subset.addresses ?? []).map(({ ip }) => ip);
    expect(addresses?.sort()).toEqual((await pods()).map(({ status }) => status?.podIP).sort());
    expect(endpoints.subsets?.[0]?.ports).toEqual([{ port: 80, protocol: 'TCP' }]);
  });
});

describe.each(KUBECTLS)('%s', (binary) => {
  const own = new Kubectl(cluster.kubeconfig, binary, NAMESPACE);

  test('apply again changes nothing', async () => {
    expect(await own.apply(example('nginx.yaml'))).toBe('deployment.apps/nginx-test unchanged');
    expect(await own.apply(example('nginx_s.yaml'))).toBe('service/nginx-svc unchanged');
  });

  test('get shows tables, wide ones too', async () => {
    expect(await own.must('get', 'deploy')).toMatch(
      /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nnginx-test +3\/3 +3 +3 /,
    );
    const wide = await own.must('get', 'deploy,rs,pods,svc,endpoints', '-o', 'wide');
    expect(wide).toMatch(/deployment\.apps\/nginx-test +3\/3 +3 +3 +\S+ +nginx +nginx +app=nginx/);
    expect(wide).toMatch(
      /replicaset\.apps\/nginx-test-\w+ +3 +3 +3 +\S+ +nginx +nginx +app=nginx,pod-template-hash=\w+/,
    );
    expect(wide).toMatch(/pod\/nginx-test-\w+-\w{5} +1\/1 +Running +0 +\S+ +10\.244\.\d+\.\d+ +node\d +<none> +<none>/);
    expect(wide).toMatch(/service\/nginx-svc +NodePort +10\.\d+\.\d+\.\d+ +<none> +80:32080\/TCP +\S+ +app=nginx/);
    expect(wide).toMatch(/endpoints\/nginx-svc +10\.244\.\d+\.\d+:80,10\.244\.\d+\.\d+:80,10\.244\.\d+\.\d+:80/);
    const nodes = await own.must('get', 'nodes', '-o', 'wide');
    expect(nodes).toMatch(
      /node1 +Ready +<none> +\S+ +v1\.34\.\S+ +\d+\.\d+\.\d+\.\d+ +<none> +.+ +\S+ +docker:\/\/\S+/,
    );
    expect(nodes.split('\n')).toHaveLength(4);
  });

  test('get -o yaml, json, name, jsonpath, custom-columns', async () => {
    expect(await own.must('get', 'deploy,svc', '-o', 'yaml')).toMatch(
      /^apiVersion: v1\nitems:\n[\s\S]*kind: Deployment/,
    );
    const list = await own.get<{ kind: string; items: { kind: string }[] }>('deploy,rs,pods,svc,endpoints,nodes');
    expect(list.kind).toBe('List');
    expect(new Set(list.items.map(({ kind }) => kind))).toEqual(
      new Set(['Deployment', 'ReplicaSet', 'Pod', 'Service', 'Endpoints', 'Node']),
    );
    expect(await own.must('get', 'deploy', '-o', 'name')).toBe('deployment.apps/nginx-test');
    expect(await own.jsonPath('{.spec.ports[0].nodePort}', 'svc', 'nginx-svc')).toBe(String(NODE_PORT));
    const columns = await own.must('get', 'pods', '-o', 'custom-columns=NODE:.spec.nodeName', '--no-headers');
    expect(columns.split('\n').sort()).toEqual(NODES);
  });

  test('get -l, -L, -A, --field-selector, --sort-by', async () => {
    expect(await own.must('get', 'pods', '-l', 'app=other')).toBe('');
    expect((await own.must('get', 'pods', '-l', 'app in (nginx)', '--no-headers')).split('\n')).toHaveLength(3);
    expect(await own.must('get', 'pods', '-L', 'app')).toMatch(/^NAME .* APP\n[\s\S]* nginx$/);
    const all = await own.must('get', 'pods,svc', '-A');
    expect(all).toMatch(/^NAMESPACE +NAME/);
    expect(all).toMatch(/default +service\/kubernetes +ClusterIP +10\.96\.0\.1 /);
    expect(await own.must('get', 'pods', '--field-selector', 'spec.nodeName=node2', '--no-headers')).toMatch(
      /^nginx-test-\S+ [^\n]*$/,
    );
    expect(await own.must('get', 'nodes', '--sort-by=.metadata.name', '--no-headers')).toMatch(/^node1 [\s\S]*node3 /);
  });

  test('get -w tells what changes', async () => {
    const name = (await firstPod()).metadata?.name ?? '';
    const watching = own.start('get', 'pods', '-w', '-L', 'watched');
    await eventually('it shows what is there', async () =>
      watching.output.split('\n').length >= 5 ? true : undefined,
    );
    await own.must('label', 'pod', name, 'watched=yes');
    await eventually('it shows the label', async () =>
      new RegExp(`${name} .* yes\\n`).test(watching.output) ? true : undefined,
    );
    await watching.stop();
    await own.must('label', 'pod', name, 'watched-');
  });

  test('describe', async () => {
    const { metadata, spec, status } = await firstPod();
    const pod = await own.must('describe', 'pod', metadata?.name ?? '');
    expect(pod).toMatch(new RegExp(`Node: +${spec?.nodeName}/`));
    expect(pod).toContain(`IP:           ${status?.podIP}`);
    expect(pod).toContain(`Controlled By:  ReplicaSet/`);
    for (const reason of ['Scheduled', 'Pulled', 'Created', 'Started']) expect(pod).toMatch(new RegExp(` ${reason} `));
    const deployment = await own.must('describe', 'deployment', 'nginx-test');
    expect(deployment).toContain('3 desired | 3 updated | 3 total | 3 available | 0 unavailable');
    expect(deployment).toMatch(/NewReplicaSet: +nginx-test-\w+ \(3\/3 replicas created\)/);
    expect(deployment).toMatch(/ScalingReplicaSet/);
    expect(await own.must('describe', 'rs')).toMatch(/SuccessfulCreate/);
    expect(await own.must('describe', 'svc', 'nginx-svc')).toMatch(/NodePort: +<unset> +32080\/TCP/);
    expect(await own.must('describe', 'endpoints', 'nginx-svc')).toMatch(/Addresses: +10\.244\./);
    expect(await own.must('describe', 'node', 'node1')).toMatch(
      /Ready +True .*KubeletReady[\s\S]*Non-terminated Pods:/,
    );
    expect(await own.must('describe', 'namespace', NAMESPACE)).toMatch(/Status: +Active/);
    expect(await own.must('describe', 'serviceaccount', 'default')).toMatch(/Name: +default/);
    expect(await own.must('describe', 'configmap', 'kube-root-ca.crt')).toContain('BEGIN CERTIFICATE');
  });

  test('exec: the pod’s address and name are in /etc/hosts; exit codes and both outputs come back', async () => {
    const { metadata, status } = await firstPod();
    const name = metadata?.name ?? '';
    expect(await own.exec(name, 'cat', '/etc/hosts')).toMatch(new RegExp(`^${status?.podIP}\\s+${name}$`, 'm'));
    const outcome = await own.run(['exec', name, '--', 'sh', '-c', 'echo out; echo err >&2; exit 7']);
    expect(outcome).toMatchObject({ code: 7, stdout: 'out\n' });
    expect(outcome.stderr).toMatch(/^err\n/);
    const text = 'ä line\n'.repeat(20_000);
    expect(await own.run(['exec', '-i', name, '--', 'cat'], { stdin: text })).toMatchObject({ code: 0, stdout: text });
  });

  test('exec -it gives a shell on a terminal of the user’s size', async () => {
    const name = (await firstPod()).metadata?.name ?? '';
    const terminal = openTerminal(own.binary, own.args(['exec', '-it', name, '--', 'sh']));
    await terminal.until('# ');
    terminal.type('tty; echo size $(stty size)\n');
    await terminal.until(`size ${ROWS} ${COLUMNS}`);
    expect(terminal.shown).toContain('/dev/pts/');
    terminal.type('exit 3\n');
    expect(await terminal.ended()).not.toBe(0);
    expect(terminal.shown).toContain('exit code 3');
  });

  test('logs and logs -f', async () => {
    const pod = (await firstPod()).metadata?.name ?? '';
    expect(await own.must('logs', pod)).toBe('');
    const name = `talker-${KUBECTLS.indexOf(binary)}`;
    const command = ['sh', '-c', 'echo first; until [ -e /go ]; do sleep 0.1; done; echo second; exec sleep 3600'];
    const container = { name: 'talker', image: 'busybox', imagePullPolicy: 'IfNotPresent', command };
    const spec = { terminationGracePeriodSeconds: 0, containers: [container] };
    await own.apply({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec });
    await own.must('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s');
    expect(await own.must('logs', name)).toBe('first');
    const following = own.start('logs', '-f', name);
    await eventually('the first line', async () => (following.output === 'first\n' ? true : undefined));
    await own.exec(name, 'touch', '/go');
    await eventually('the second line', async () => (following.output === 'first\nsecond\n' ? true : undefined));
    await own.must('delete', 'pod', name);
    // It ends with the container.
    expect(await following.ended()).toBe(0);
  });
});

test('trace tells how the apply came to be containers and rules', async () => {
  const tree = await cluster.must('trace', 'deployment/nginx-test', '-n', NAMESPACE);
  expect(tree).toMatch(/^trace [0-9a-f]{32}\n/);
  const rows = tree.trimEnd().split('\n').slice(1);
  const what = (pattern: RegExp): string[] => rows.filter((row) => pattern.test(row));
  // One root, which is the apply; everything else hangs below it.
  expect(rows[0]).toMatch(/apiserver\S* +create deployments\/rds2024test\/nginx-test$/);
  expect(rows.slice(1).filter((row) => !/[├└]─ /.test(row))).toEqual([]);
  expect(what(/create replicasets\/rds2024test\/nginx-test-/)).toHaveLength(1);
  expect(what(/create pods\/rds2024test\/nginx-test-/)).toHaveLength(3);
  expect(what(/scheduler +.*schedule pod/)).toHaveLength(3);
  for (const node of NODES) {
    expect(what(new RegExp(`kubelet/${node} +.*start container`)), node).toHaveLength(1);
    expect(what(new RegExp(`proxy/${node} +.*program rules services/rds2024test/nginx-svc`)), node).not.toHaveLength(0);
  }
});

describe('the end', () => {
  test('delete ns takes everything in it, containers too', async () => {
    const label = `kubelab.pod.namespace=${NAMESPACE}`;
    const ours = async (): Promise<string[]> =>
      (await containersWith(`kubelab.cluster=${cluster.name}`)).filter((name) => name.includes(NAMESPACE));
    expect(await ours()).toHaveLength(6);
    await kubectl.must('delete', 'namespace', NAMESPACE, '--timeout=60s');
    expect(await ours(), label).toEqual([]);
    expect(await kubectl.must('get', 'deploy,rs,pods,svc,endpoints,events,configmaps', '-o', 'name')).toBe('');
    expect((await kubectl.run(['get', 'namespace', NAMESPACE])).stderr).toContain('NotFound');
    const [address] = await nodeAddresses();
    await expect(get(`http://${address}:${NODE_PORT}`)).rejects.toThrow('ECONNREFUSED');
  });

  test('down leaves nothing on the machine', async () => {
    await applyExamples();
    const footprint = await takeFootprint(cluster);
    expect(footprint.containerIds).toHaveLength(3 + 6);
    await cluster.must('down');
    expect(await findLeftovers(cluster, footprint)).toEqual([]);
  });
});

import type { EndpointSlice, Node, Pod } from '@kubelab/api';
import { ensureImages } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Kubectl } from './kubectl.js';
import { containersWith, eventually, TestCluster } from './kubelab-command.js';
import { isReady } from './pods.js';
import { removeCluster } from './remove-cluster.js';
import { get, type SteadyLoad, startLoad } from './steady-load.js';
import { uniqueName } from './unique-name.js';

// Every process of the cluster is killed in turn while its pods are in use; then
// a node loses its power.

const NODE_PORT = 31081;
const NODES = ['node1', 'node2', 'node3'];
/** kubelets renew their Leases every 10 s, so that it can hardly be less. */
const GRACE_PERIOD = '20s';
const TOLERATION_SECONDS = 3;

const cluster = new TestCluster(uniqueName('e2e-faults'));
const kubectl = new Kubectl(cluster.kubeconfig, 'kubectl', 'default');

function deployment(name: string, replicas: number): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'nginx', image: 'nginx', ports: [{ containerPort: 80 }] }] },
      },
    },
  };
}

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80, nodePort: NODE_PORT }] },
};

const pods = async (app: string): Promise<Pod[]> =>
  (await kubectl.get<{ items: Pod[] }>('pods', '-l', `app=${app}`)).items;

/** Each pod with its node, its containers and how often they were started again. */
async function identities(app: string): Promise<string[]> {
  return (await pods(app))
    .map(({ metadata, spec, status }) => {
      const [container] = status?.containerStatuses ?? [];
      return [metadata?.uid, spec?.nodeName, status?.podIP, container?.containerID, container?.restartCount].join(' ');
    })
    .sort();
}

const containers = async (): Promise<string[]> => (await containersWith(`kubelab.cluster=${cluster.name}`)).sort();

async function urlsOf(nodes: readonly string[]): Promise<string[]> {
  const rows = (await cluster.status()).filter(({ component }) => component === 'node');
  return nodes.map((name) => `http://${rows.find(({ node }) => node === name)?.address}:${NODE_PORT}/`);
}

async function loadNodes(nodes: readonly string[]): Promise<SteadyLoad> {
  const urls = await urlsOf(nodes);
  for (const url of urls) await eventually(`${url} answers`, () => get(url));
  return startLoad(urls);
}

/** SIGKILL to exactly this process; resolves once another one has taken its place and is well. */
async function killAndWait(name: string): Promise<void> {
  const pid = cluster.pid(name);
  process.kill(pid, 'SIGKILL');
  await eventually(`${name} runs again`, async () => {
    const { healthy, pid: now } = await cluster.component(name);
    return healthy && now !== pid ? true : undefined;
  });
}

beforeAll(async () => {
  await ensureImages(['pause', 'nginx']);
  await cluster.must(
    'up',
    '--nodes=3',
    `--extra-config=controller-manager.node-monitor-grace-period=${GRACE_PERIOD}`,
    `--extra-config=apiserver.default-not-ready-toleration-seconds=${TOLERATION_SECONDS}`,
    `--extra-config=apiserver.default-unreachable-toleration-seconds=${TOLERATION_SECONDS}`,
  );
  await kubectl.apply(deployment('web', 3), service);
  await kubectl.must('rollout', 'status', 'deployment/web', '--timeout=60s');
});

afterAll(async () => {
  await removeCluster(cluster);
});

describe('kill -9', () => {
  test.each([
    'apiserver',
    'etcd',
    'scheduler',
    'controller-manager',
    ...NODES.map((node) => `kubelet/${node}`),
    ...NODES.map((node) => `proxy/${node}`),
  ])('of %s: running pods serve on untouched, and new ones come up', async (name) => {
    const before = { pods: await identities('web'), containers: await containers() };
    const load = await loadNodes(NODES);
    await killAndWait(name);
    // As many as there are nodes: each kubelet and each proxy has its part.
    const probe = `after-${name.replace('/', '-')}`;
    await eventually('the apiserver takes a write', () => kubectl.apply(deployment(probe, NODES.length)));
    await kubectl.must('rollout', 'status', `deployment/${probe}`, '--timeout=90s');
    const { answered, failures } = await load.stop();
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(20);
    expect(await identities('web')).toEqual(before.pods);
    await kubectl.must('delete', 'deployment', probe, '--cascade=foreground');
    await eventually('no container is lost or doubled', async () => {
      const now = await containers();
      return now.join() === before.containers.join() ? true : undefined;
    });
  });

  test('of everything at once: the same pods serve on', async () => {
    const before = await identities('web');
    const load = await loadNodes(NODES);
    const names = ['apiserver', 'etcd', 'scheduler', 'controller-manager'];
    const agents = NODES.flatMap((node) => [`kubelet/${node}`, `proxy/${node}`]);
    for (const pid of [...names, ...agents].map((name) => cluster.pid(name))) process.kill(pid, 'SIGKILL');
    await eventually('all are well', async () =>
      (await cluster.status()).every(({ healthy }) => healthy) ? true : undefined,
    );
    await eventually('the apiserver takes a write', () => kubectl.apply(deployment('after-all', 1)));
    await kubectl.must('rollout', 'status', 'deployment/after-all', '--timeout=90s');
    expect((await load.stop()).failures).toEqual([]);
    expect(await identities('web')).toEqual(before);
    await kubectl.must('delete', 'deployment', 'after-all');
  });
});

describe('a node without power', () => {
  const readyOf = async (name: string): Promise<string | undefined> => {
    const { status } = await kubectl.get<Node>('node', name);
    return status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  };

  test('is NotReady; its endpoints go, its pods come up elsewhere', async () => {
    const lost = (await pods('web')).filter(({ spec }) => spec?.nodeName === 'node3');
    expect(lost).toHaveLength(1);
    await cluster.must('node', 'stop', 'node3');
    await eventually(
      'node3 is not ready',
      async () => ((await readyOf('node3')) === 'Unknown' ? true : undefined),
      90_000,
    );
    expect(await kubectl.must('get', 'node', 'node3')).toMatch(/node3 +NotReady /);
    const { spec, status } = await kubectl.get<Node>('node', 'node3');
    expect(status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
    });
    await eventually('its taints', async () => {
      const { spec: now } = await kubectl.get<Node>('node', 'node3');
      const taints = now?.taints?.map(({ key, effect }) => `${key}:${effect}`).sort() ?? spec?.taints;
      return String(taints) === 'node.kubernetes.io/unreachable:NoExecute,node.kubernetes.io/unreachable:NoSchedule'
        ? true
        : undefined;
    });

    const address = lost[0]?.status?.podIP;
    await eventually('no endpoint on node3 is ready', async () => {
      const slices = await kubectl.get<{ items: EndpointSlice[] }>(
        'endpointslices',
        '-l',
        'kubernetes.io/service-name=web',
      );
      const ready = slices.items.flatMap(({ endpoints }) => endpoints).filter(({ conditions }) => conditions?.ready);
      return ready.every(({ addresses }) => !addresses.includes(address ?? '')) ? true : undefined;
    });
    // What is left answers every request from now on.
    const load = await loadNodes(['node1', 'node2']);
    await eventually('three pods are ready elsewhere', async () => {
      const ready = (await pods('web')).filter((pod) => isReady(pod) && !pod.metadata?.deletionTimestamp);
      return ready.length === 3 && ready.every((pod) => pod.spec?.nodeName !== 'node3') ? true : undefined;
    });
    expect((await load.stop()).failures).toEqual([]);
    // Nobody is there to say that it has ended.
    expect(await kubectl.must('get', 'pod', lost[0]?.metadata?.name ?? '')).toContain('Terminating');
  });

  test('started again it rejoins, and what it had is gone', async () => {
    await cluster.must('node', 'start', 'node3');
    expect(await kubectl.must('get', 'node', 'node3')).toMatch(/node3 +Ready /);
    await eventually('its taints are gone', async () => {
      const { spec } = await kubectl.get<Node>('node', 'node3');
      return (spec?.taints ?? []).length === 0 ? true : undefined;
    });
    await eventually('three pods are left', async () => ((await pods('web')).length === 3 ? true : undefined));
    // Three nodes, and two containers a pod.
    await eventually('no container is left over', async () => ((await containers()).length === 9 ? true : undefined));
    await kubectl.apply(deployment('rejoined', 6));
    await kubectl.must('rollout', 'status', 'deployment/rejoined', '--timeout=90s');
    expect((await pods('rejoined')).map(({ spec }) => spec?.nodeName)).toContain('node3');
    const load = await loadNodes(NODES);
    await eventually('it has answered for a while', async () => (load.answered > 50 ? true : undefined));
    expect((await load.stop()).failures).toEqual([]);
  });
});

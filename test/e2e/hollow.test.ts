import type { Node, Pod } from '@kubelab/api';
import { ensureImages } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Kubectl } from './kubectl.js';
import { eventually, isRunning, TestCluster } from './kubelab-command.js';
import { isReady } from './pods.js';
import { removeCluster } from './remove-cluster.js';
import { uniqueName } from './unique-name.js';

// One real node and a hundred hollow ones: what is pretended goes the same way
// through the same API as what is real.

const HOLLOW_NODES = 100;
const REPLICAS = 500;

const cluster = new TestCluster(uniqueName('e2e-hollow'));
const kubectl = new Kubectl(cluster.kubeconfig, 'kubectl', 'default');

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: REPLICAS,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        nodeSelector: { 'kubelab.io/hollow': 'true' },
        containers: [{ name: 'main', image: 'registry.example/web:1' }],
      },
    },
  },
};

const pods = async (): Promise<Pod[]> => (await kubectl.get<{ items: Pod[] }>('pods', '-l', 'app=web')).items;

const hollowNodes = async (): Promise<Node[]> =>
  (await kubectl.get<{ items: Node[] }>('nodes', '-l', 'kubelab.io/hollow=true')).items;

/** Each pod with where it is, its address, and since when its container runs. */
async function lives(): Promise<string[]> {
  return (await pods())
    .map(({ metadata, spec, status }) => {
      const [container] = status?.containerStatuses ?? [];
      const { containerID, restartCount, state } = container ?? {};
      return [metadata?.uid, spec?.nodeName, status?.podIP, containerID, restartCount, state?.running?.startedAt].join(
        ' ',
      );
    })
    .sort();
}

beforeAll(async () => {
  await ensureImages(['pause']);
  await cluster.must('up', '--nodes=1');
});

afterAll(() => removeCluster(cluster));

describe('hollow nodes', () => {
  test('are added beside a real one, and are Ready', async () => {
    const said = await cluster.must('node', 'add', `--hollow=${HOLLOW_NODES}`, '--hollow-cpu=16', '--hollow-zones=4');
    expect(said).toContain(`${HOLLOW_NODES} hollow nodes are Ready`);
    const nodes = await hollowNodes();
    expect(nodes).toHaveLength(HOLLOW_NODES);
    expect(nodes.filter((node) => !isReadyNode(node))).toEqual([]);
    expect(new Set(nodes.map(({ status }) => status?.capacity?.cpu))).toEqual(new Set(['16']));
    expect(new Set(nodes.map(({ metadata }) => metadata?.labels?.['topology.kubernetes.io/zone'])).size).toBe(4);
    expect(new Set(nodes.map(({ spec }) => spec?.podCIDR)).size).toBe(HOLLOW_NODES);
    const row = await cluster.component('hollow');
    expect(row).toMatchObject({ healthy: true, nodes: HOLLOW_NODES });
  });

  test('refuse settings that make no sense, and nothing is changed', async () => {
    const { code, stderr } = await cluster.kubelab('node', 'add', '--hollow=1', '--hollow-start-delay=soon');
    expect([code, stderr]).toEqual([1, expect.stringContaining('invalid duration "soon"')]);
    expect((await cluster.component('hollow')).healthy).toBe(true);
  });

  test('run the pods of a Deployment', async () => {
    await kubectl.apply(deployment);
    await kubectl.must('rollout', 'status', 'deployment/web', '--timeout=60s');
    const running = await pods();
    expect(running).toHaveLength(REPLICAS);
    expect(running.filter((pod) => !isReady(pod))).toEqual([]);
    expect(new Set(running.map(({ status }) => status?.podIP)).size).toBe(REPLICAS);
    expect(new Set(running.map(({ spec }) => spec?.nodeName)).size).toBe(HOLLOW_NODES);
  });

  test('say what they are where they are looked into', async () => {
    const [name = ''] = (await pods()).map(({ metadata }) => metadata?.name);
    expect(await kubectl.must('logs', name)).toContain(`container main of pod default/${name} is hollow`);
    const { code, stderr } = await kubectl.run(['exec', name, '--', 'ls']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('container "main" is hollow')]);
  });

  test('find their pods again when their process is killed, and none restarts', async () => {
    const before = await lives();
    const pid = cluster.pid('hollow');
    process.kill(pid, 'SIGKILL');
    await eventually('another process has taken over', async () => {
      const row = await cluster.component('hollow');
      return row.healthy && row.pid !== pid ? row : undefined;
    });
    expect(await lives()).toEqual(before);
    expect((await hollowNodes()).filter((node) => !isReadyNode(node))).toEqual([]);
  });

  test('go on with a start that their process was killed in the middle of', async () => {
    await kubectl.must('scale', 'deployment/web', '--replicas=700');
    await eventually('some of the new pods run', async () =>
      (await pods()).filter(isReady).length > 510 ? true : undefined,
    );
    const pid = cluster.pid('hollow');
    process.kill(pid, 'SIGKILL');
    await kubectl.must('rollout', 'status', 'deployment/web', '--timeout=60s');
    expect((await pods()).filter(isReady)).toHaveLength(700);
    expect(isRunning(pid)).toBe(false);
  });

  test('let their pods go', async () => {
    await kubectl.must('scale', 'deployment/web', '--replicas=0');
    await eventually('no pod is left', async () => ((await pods()).length === 0 ? true : undefined));
  });

  test('run a pod as its annotations say, to its end', async () => {
    await kubectl.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'ends',
        annotations: { 'kubelab.io/hollow-run-seconds': '1', 'kubelab.io/hollow-exit-code': '3' },
      },
      spec: {
        restartPolicy: 'Never',
        nodeSelector: { 'kubelab.io/hollow': 'true' },
        containers: [{ name: 'main', image: 'registry.example/job:1' }],
      },
    });
    const { status } = await eventually('it has failed', async () => {
      const pod = await kubectl.get<Pod>('pod', 'ends');
      return pod.status?.phase === 'Failed' ? pod : undefined;
    });
    expect(status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
  });

  test('are removed together, and the real node stays', async () => {
    expect(await cluster.must('node', 'remove', '--hollow')).toContain(`${HOLLOW_NODES} hollow nodes are removed`);
    expect(await hollowNodes()).toEqual([]);
    expect((await cluster.status()).map(({ component }) => component)).not.toContain('hollow');
    expect(await kubectl.must('get', 'nodes', '-o', 'name')).toBe('node/node1');
  });
});

function isReadyNode({ status }: Node): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}

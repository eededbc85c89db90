import type { Deployment, Pod } from '@kubelab/api';
import { beforeAll, describe, expect, test } from 'vitest';
import { Kubectl } from '../kubectl.js';
import { eventually, execute, type TestCluster } from '../kubelab-command.js';
import { containerOf, engineId, isReady } from '../pods.js';
import { get, type SteadyLoad, startLoad } from '../steady-load.js';

const REPLICAS = 3;
const NODE_PORT = 31080;

// Without a readiness probe a container is ready as soon as it runs. Until its
// postStart hook is done it does not count as running: nginx listens by then.
const postStart = { exec: { command: ['sh', '-c', 'until curl -s -o /dev/null localhost; do sleep 0.05; done'] } };
const nginx = { name: 'nginx', image: 'nginx', ports: [{ containerPort: 80 }], lifecycle: { postStart } };

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: REPLICAS,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [nginx] },
    },
  },
};

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80, nodePort: NODE_PORT }] },
};

/** What `kubectl scale`, `set image`, `rollout` and `delete pod` do to a Deployment that is in use. */
export function rollouts(cluster: TestCluster): void {
  const kubectl = new Kubectl(cluster.kubeconfig, 'kubectl', 'rollouts');

  const pods = async (): Promise<Pod[]> => (await kubectl.get<{ items: Pod[] }>('pods', '-l', 'app=web')).items;

  const loadEveryNode = async (): Promise<SteadyLoad> => {
    const nodes = (await cluster.status()).filter(({ component }) => component === 'node');
    const urls = nodes.map(({ address }) => `http://${address}:${NODE_PORT}/`);
    for (const url of urls) await eventually(`${url} answers`, () => get(url));
    return startLoad(urls);
  };

  /** Of a load that went on for a while, no request may have failed. */
  const expectNoFailures = async (load: SteadyLoad): Promise<void> => {
    const { answered, failures } = await load.stop();
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(20);
  };

  /** Watches the Deployment while `work` is done; resolves with the fewest replicas that were available. */
  const fewestAvailable = async (work: () => Promise<unknown>): Promise<number> => {
    const watching = kubectl.start('get', 'deployment', 'web', '-w', '-o', 'jsonpath={.status.availableReplicas}{" "}');
    await eventually('the watch has begun', async () => (watching.output !== '' ? true : undefined));
    await work();
    await watching.stop();
    return Math.min(...watching.output.trim().split(' ').map(Number));
  };

  describe('a Deployment in use', () => {
    beforeAll(async () => {
      await kubectl.must('create', 'namespace', 'rollouts');
      await kubectl.apply(deployment, service);
      await kubectl.must('rollout', 'status', 'deployment/web', '--timeout=60s');
    });

    test('scale up and down, answering throughout', async () => {
      const load = await loadEveryNode();
      await kubectl.must('scale', 'deployment/web', '--replicas=6');
      await kubectl.must('rollout', 'status', 'deployment/web', '--timeout=60s');
      expect((await pods()).filter(isReady)).toHaveLength(6);
      await kubectl.must('scale', 'deployment/web', `--replicas=${REPLICAS}`);
      await eventually('three pods are left', async () => ((await pods()).length === REPLICAS ? true : undefined));
      await expectNoFailures(load);
    });

    test('set image: pods of the second image replace the first, three available throughout, no request lost', async () => {
      const load = await loadEveryNode();
      const available = await fewestAvailable(async () => {
        await kubectl.must('set', 'image', 'deployment/web', 'nginx=nginx:1.22');
        expect(await kubectl.must('rollout', 'status', 'deployment/web', '--timeout=90s')).toMatch(
          /deployment "web" successfully rolled out$/,
        );
      });
      // 25 % of 3, rounded down, is what may be unavailable.
      expect(available).toBe(REPLICAS);
      await eventually('the old pods are gone', async () => ((await pods()).length === REPLICAS ? true : undefined));
      await expectNoFailures(load);
      const images = (await pods()).map(({ spec }) => spec?.containers[0]?.image);
      expect(images).toEqual(['nginx:1.22', 'nginx:1.22', 'nginx:1.22']);
      const sets = await kubectl.must('get', 'rs', '-o', 'custom-columns=R:.status.replicas', '--no-headers');
      expect(sets.split('\n').sort()).toEqual(['0', '3']);
    });

    test('rollout history and undo', async () => {
      const history = await kubectl.must('rollout', 'history', 'deployment/web');
      expect(history).toMatch(/REVISION +CHANGE-CAUSE\n1 +<none>\n2 +<none>$/);
      expect(await kubectl.must('rollout', 'history', 'deployment/web', '--revision=2')).toContain('nginx:1.22');
      await kubectl.must('rollout', 'undo', 'deployment/web');
      await kubectl.must('rollout', 'status', 'deployment/web', '--timeout=90s');
      const { spec } = await kubectl.get<Deployment>('deployment', 'web');
      expect(spec?.template.spec?.containers[0]?.image).toBe('nginx');
      expect(await kubectl.must('rollout', 'history', 'deployment/web')).toMatch(/\n2 +<none>\n3 +<none>$/);
    });

    test('rollout restart, pause and resume', async () => {
      await eventually('the undo is over', async () => ((await pods()).length === REPLICAS ? true : undefined));
      const before = (await pods()).map(({ metadata }) => metadata?.name);
      await kubectl.must('rollout', 'pause', 'deployment/web');
      await kubectl.must('rollout', 'restart', 'deployment/web').then(
        () => expect.unreachable('a paused Deployment cannot be restarted'),
        (error: Error) => expect(error.message).toContain("can't restart paused deployment"),
      );
      await kubectl.must('set', 'env', 'deployment/web', 'CHANGED=yes');
      expect(await kubectl.jsonPath('{.status.updatedReplicas}', 'deployment', 'web')).not.toBe('1');
      await kubectl.must('rollout', 'resume', 'deployment/web');
      await kubectl.must('rollout', 'status', 'deployment/web', '--timeout=90s');
      const after = (await pods()).filter(({ metadata }) => !metadata?.deletionTimestamp);
      expect(after.filter(({ metadata }) => before.includes(metadata?.name))).toEqual([]);
    });

    test('an image that does not exist: the rollout stops, and the old pods go on', async () => {
      await kubectl.must('set', 'image', 'deployment/web', 'nginx=kubelab.invalid/none:1');
      await eventually('the new pod says why', async () => {
        const reasons = (await pods()).map(({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason);
        return reasons.some((reason) => reason === 'ErrImagePull' || reason === 'ImagePullBackOff') ? true : undefined;
      });
      const { status } = await kubectl.get<Deployment>('deployment', 'web');
      expect(status).toMatchObject({ replicas: 4, updatedReplicas: 1, readyReplicas: 3, unavailableReplicas: 1 });
      await kubectl.must('rollout', 'undo', 'deployment/web');
      await kubectl.must('rollout', 'status', 'deployment/web', '--timeout=90s');
    });

    test('a deleted pod is replaced, with no request lost', async () => {
      await eventually('three pods', async () => ((await pods()).length === REPLICAS ? true : undefined));
      const load = await loadEveryNode();
      const [victim] = await pods();
      await kubectl.must('delete', 'pod', victim?.metadata?.name ?? '');
      await kubectl.must('rollout', 'status', 'deployment/web', '--timeout=60s');
      const names = (await pods()).filter(isReady).map(({ metadata }) => metadata?.name);
      expect(names).toHaveLength(REPLICAS);
      expect(names).not.toContain(victim?.metadata?.name);
      await expectNoFailures(load);
    });

    test('a killed container is started again in the same pod, and its pod says so', async () => {
      const [before] = await pods();
      if (!before) throw new Error('there is no pod');
      const name = before.metadata?.name ?? '';
      await execute('docker', ['kill', engineId(before, 'nginx')]);
      const after = await eventually('it runs again', async () => {
        const pod = await kubectl.get<Pod>('pod', name);
        return containerOf(pod, 'nginx').restartCount === 1 && isReady(pod) ? pod : undefined;
      });
      expect(after.metadata?.uid).toBe(before.metadata?.uid);
      expect(after.status?.podIP).toBe(before.status?.podIP);
      const { lastState, state, containerID } = containerOf(after, 'nginx');
      expect(lastState?.terminated).toMatchObject({ exitCode: 137, reason: 'Error' });
      expect(lastState?.terminated?.containerID).toBe(containerOf(before, 'nginx').containerID);
      expect(state?.running?.startedAt).toBeDefined();
      expect(containerID).not.toBe(containerOf(before, 'nginx').containerID);
      expect(await kubectl.must('get', 'pod', name)).toMatch(/ 1\/1 +Running +1 /);
    });
  });
}

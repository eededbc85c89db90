import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { debianKubectl, ensureImages, kubectlsOf } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Kubectl } from './kubectl.js';
import { reading } from './kubectl-tour/reading.js';
import { streams } from './kubectl-tour/streams.js';
import { step, type Tour, variant } from './kubectl-tour/tour.js';
import { workloads } from './kubectl-tour/workloads.js';
import { writing } from './kubectl-tour/writing.js';
import { execute, TestCluster } from './kubelab-command.js';
import { shellContainer, shellPod, untilPod, untilReady } from './pods.js';
import { removeCluster } from './remove-cluster.js';
import { uniqueName } from './unique-name.js';

// Every verb of every kubectl at hand, in one cluster: 1.20, which is Debian's, and those of 1.27 and later that the
// machine has. Each has a namespace of its own, and all are under way at once. What is done on the way there depends
// on the server more than on the client: those between the oldest and the newest make every verb, not every flag.

const MINORS = ['1.27', '1.30', '1.31', '1.33'];
const cluster = new TestCluster(uniqueName('e2e-tour'));
const directory = mkdtempSync(join(tmpdir(), 'kubelab-tour-'));
const old = await debianKubectl();
const binaries = [...(old === undefined ? [] : [old]), ...newerKubectls()];
const editorBefore = process.env.KUBE_EDITOR;

/** Without one of a known minor, the machine's own. */
function newerKubectls(): string[] {
  const found = kubectlsOf(MINORS);
  return found.length > 0 ? found : ['kubectl'];
}

beforeAll(async () => {
  process.env.KUBE_EDITOR = 'sed -i s/before/after/';
  await ensureImages(['pause', 'nginx', 'nginx-1.22', 'busybox']);
  await cluster.must('up', '--nodes=2');
});

afterAll(async () => {
  if (editorBefore === undefined) delete process.env.KUBE_EDITOR;
  else process.env.KUBE_EDITOR = editorBefore;
  rmSync(directory, { recursive: true, force: true });
  await removeCluster(cluster);
});

/** The oldest and the newest. */
function isWhole(binary: string): boolean {
  return binary === binaries.at(0) || binary === binaries.at(-1);
}

async function begin(binary: string): Promise<Tour> {
  const { stdout } = await execute(binary, ['version', '--client', '-o', 'json']);
  const { clientVersion } = JSON.parse(stdout) as { clientVersion: { minor: string } };
  const minor = Number.parseInt(clientVersion.minor, 10);
  const namespace = `tour-${minor}`;
  const kubectl = new Kubectl(cluster.kubeconfig, binary, namespace);
  const whole = isWhole(binary);
  const replicas = whole ? 2 : 1;
  const own = mkdtempSync(join(directory, `${minor}-`));
  const tour = { kubectl, namespace, minor, whole, replicas, directory: own };
  await step(tour, ['create', 'namespace', namespace], { stdout: `namespace/${namespace} created\n` });
  await step(tour, ['create', 'serviceaccount', 'robot'], { stdout: 'serviceaccount/robot created\n' });
  await step(tour, ['create', 'cm', 'settings', '--from-literal=a=1', '--from-literal=b=2']);
  await step(tour, ['create', 'secret', 'generic', 'hidden', '--from-literal=password=secret']);
  await step(tour, ['create', 'deployment', 'web', '--image=nginx', `--replicas=${replicas}`]);
  await step(tour, ['expose', 'deploy', 'web', '--port=80']);
  const listener = shellContainer(
    'main',
    'while read -r line; do [ "$line" = bye ] && exit; echo "heard $line"; done',
    {
      stdin: true,
      tty: true,
    },
  );
  await kubectl.apply(
    shellPod('talker', 'echo said once; echo said again; exec sleep 3600'),
    shellPod('crasher', 'echo last words; exit 1'),
    shellPod('listener', '', { containers: [listener], restartPolicy: 'Never' }),
  );
  await untilReady(kubectl, 'talker', 'listener');
  await step(tour, ['rollout', 'status', 'deploy/web', '--timeout=90s'], { stdout: /successfully rolled out/ });
  return tour;
}

// A minute or two where nothing else runs; the limit is for a machine that is busy.
describe.concurrent('every verb', { timeout: 600_000 }, () => {
  test.each(binaries.map((binary) => [basename(binary), binary]))('%s', async (_name, binary) => {
    const tour = await begin(binary);
    await reading(tour);
    await streams(tour);
    await writing(tour);
    await workloads(tour);
    await step(tour, ['delete', 'namespace', tour.namespace, '--wait=false']);
  });
});

// What concerns a whole node is done one after the other.
describe('nodes', () => {
  test.each(binaries.map((binary) => [basename(binary), binary]))(
    '%s: taint, cordon, drain, uncordon',
    async (name, binary) => {
      const kubectl = new Kubectl(cluster.kubeconfig, binary, 'default');
      const whole = isWhole(binary);
      const tour: Tour = { kubectl, namespace: 'default', minor: 0, whole, replicas: 0, directory };
      await step(tour, ['taint', 'node', 'node2', 'tour=yes:NoSchedule'], { stdout: /^node\/node2 tainted\n$/ });
      await variant(tour, ['taint', 'node', 'node2', 'tour=yes:NoSchedule'], {
        code: 1,
        stderr: /already has tour taint|has already/,
      });
      await step(tour, ['taint', 'node', 'node2', 'tour:NoSchedule-'], { stdout: /^node\/node2 untainted\n$/ });
      const pod = `drained-${name.replace(/[^a-z0-9]/g, '')}-${binaries.indexOf(binary)}`;
      await kubectl.apply(shellPod(pod, 'exec sleep 3600', { nodeName: 'node2' }));
      await untilReady(kubectl, pod);
      await step(tour, ['cordon', 'node2'], { stdout: /^node\/node2 cordoned\n$/ });
      await step(tour, ['get', 'node', 'node2'], { stdout: /^node2 +Ready,SchedulingDisabled /m });
      await variant(tour, ['drain', 'node2', '--ignore-daemonsets', '--timeout=60s'], {
        code: 1,
        stderr: /(declare no controller|not managed by)/,
      });
      await step(
        tour,
        ['drain', 'node2', '--ignore-daemonsets', '--force', '--delete-emptydir-data', '--timeout=60s'],
        {
          stdout: new RegExp(`evicting pod default/${pod}(.|\\n)*node/node2 (drained|evicted)`),
        },
      );
      expect((await kubectl.run(['get', 'pod', pod])).stderr).toContain('NotFound');
      if (whole) {
        await kubectl.apply(shellPod(`${pod}-stays`, 'exec sleep 3600'));
        const placed = await untilPod(kubectl, `${pod}-stays`, 'placed', ({ spec }) => spec?.nodeName !== undefined);
        expect(placed.spec?.nodeName).toBe('node1');
        await step(tour, ['delete', 'pod', `${pod}-stays`, '--force', '--grace-period=0']);
      }
      await step(tour, ['uncordon', 'node2'], { stdout: /^node\/node2 uncordoned\n$/ });
    },
  );
});
